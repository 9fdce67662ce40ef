import { parseHardwareList } from './hardware';
import { mayOverlap } from './hardware-overlap';

function overlap(one: string, other: string): boolean {
  const [a, b] = [parseHardwareList(one) ?? [], parseHardwareList(other) ?? []];
  expect(mayOverlap(b, a)).toBe(mayOverlap(a, b));
  return mayOverlap(a, b);
}

describe('mayOverlap', () => {
  it.each([
    ['my-board:1', 'my-board:1'],
    ['my-board:1, other:2', 'third:*, other:*'],
    ['*', 'my-board:rev4.2'],
    ['my-*:*', 'my-board:1'],
    ['my-*:*', '*-board:1'],
    ['my-board:rev?', 'my-board:rev4'],
    ['my-board:#RE:^rev[4-6]$', 'my-board:rev5'],
    ['my-board:#RE:^rev[4-6]$', 'my-board:#RE:^rev[1-3]$'],
    ['my-board:#RE:^rev[4-6]$', 'my-board:rev*'],
  ])('%s and %s', (one, other) => {
    expect(overlap(one, other)).toBe(true);
  });

  it.each([
    ['my-board:1', 'my-board:2'],
    ['my-board:*', 'other:*'],
    ['my-*:*', 'your-*:*'],
    ['*-a:1', '*-b:1'],
    ['my-board:rev?', 'my-board:rev10'],
    ['my-board:#RE:^rev[4-6]$', 'my-board:rev3'],
    ['my-board:#RE:^rev[4-6]$', 'other:rev4'],
  ])('not %s and %s', (one, other) => {
    expect(overlap(one, other)).toBe(false);
  });

  it('says that what fits nothing overlaps with nothing', () => {
    expect(mayOverlap([], [{ model: '*', revision: '*' }])).toBe(false);
  });
});

import { parseHardwareList } from './hardware';
import { BoundedMatching, mayOverlap } from './hardware-overlap';

const LONG = 'x'.repeat(200);

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

  it.each<[string, (index: number) => string, (index: number) => string]>([
    ['expressions', (index) => `#RE:^(${LONG}|b${index})+c$`, (index) => `${LONG}${index}`],
    ['globs with other ends', (index) => `${LONG}${index}*`, (index) => `y${LONG}${index}`],
    ['globs with the same ends', (index) => `${LONG}*${index}*x`, (index) => `${LONG}y${index}x`],
  ])('comes to an end with lists of 500 %s', (_what, one, other) => {
    const list = (revision: (index: number) => string) =>
      Array.from({ length: 500 }, (_, index) => ({ model: 'board', revision: revision(index) }));
    expect(typeof mayOverlap(list(one), list(other))).toBe('boolean');
  });

  it('takes what it cannot try for an overlap', () => {
    const matching = new BoundedMatching();
    const tried = Array.from({ length: 1000 }, (_, index) => matching.mayFit(`a${index}*`, 'b'));
    expect([tried[0], tried.at(-1)]).toEqual([false, true]);
  });
});

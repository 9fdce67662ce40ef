import fc from 'fast-check';
import { faultOfCompatiblePattern, hardwareOfCompatible } from './compatible';
import { hardwareMatcher } from './hardware';

const SPLIT = '(?P<model>[a-z-]+?)(?:-(?P<revision>rev[0-9.]+|[0-9]+))?';

describe('hardwareOfCompatible', () => {
  it.each([
    ['my-board-rev4.2', undefined, { model: 'my-board-rev4.2', revision: '*' }],
    ['my-board-rev4.2', SPLIT, { model: 'my-board', revision: 'rev4.2' }],
    ['board-1', SPLIT, { model: 'board', revision: '1' }],
    ['board', SPLIT, { model: 'board', revision: '*' }],
    ['raspberrypi4', SPLIT, { model: 'raspberrypi4', revision: '*' }],
    ['My Board', SPLIT, { model: 'My Board', revision: '*' }],
    ['a-b', '(?<model>.+)-.+', { model: 'a', revision: '*' }],
    ['ab', '(?P<model>x?).*', { model: 'ab', revision: '*' }],
    ['*', undefined, { model: '?', revision: '*' }],
    ['b-*', '(?P<model>.)-(?P<revision>.)', { model: 'b', revision: '?' }],
    ['a\nb', '(?P<model>.+)', { model: 'a\nb', revision: '*' }],
  ])('takes %j by %j for %j', (compatible, pattern, hardware) => {
    expect(hardwareOfCompatible(compatible, pattern)).toEqual(hardware);
  });

  it('fits the device that calls itself so, whatever the name', () => {
    const matches = (compatible: string) => hardwareMatcher([hardwareOfCompatible(compatible)]);
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), (compatible) => {
        expect(matches(compatible)({ model: compatible, revision: '7' })).toBe(true);
      }),
    );
    expect(matches('*')({ model: 'other', revision: '7' })).toBe(false);
  });

  it('needs linear time for expressions that make others hang', () => {
    expect(hardwareOfCompatible('a'.repeat(5000), '(?P<model>(?:a+)+)b')).toMatchObject({ revision: '*' });
  });
});

describe('faultOfCompatiblePattern', () => {
  it.each([
    [SPLIT, undefined],
    ['(?P<model>.+)', undefined],
    ['(.+)', 'has no group named "model": write (?P<model>…)'],
    ['(?P<revision>.+)', 'has no group named "model": write (?P<model>…)'],
    ['(', 'is "(", which is not a regular expression of RE2'],
    ['(?P<model>.)(?=x)', 'is "(?P<model>.)(?=x)", which is not a regular expression of RE2'],
    ['x'.repeat(257), 'has more than 256 characters'],
  ])('says of %j: %j', (pattern, fault) => {
    expect(faultOfCompatiblePattern(pattern)).toBe(fault);
  });
});

import fc from 'fast-check';
import { compareTexts, foldCase, isLike, likePattern } from './folded-text';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('a', 'b', 'A', '\uE000', '\uFFFD', '🦜', '\u{10FFFF}', '\n'),
    maxLength: 6,
  }),
);

describe('foldCase', () => {
  it.each([
    ['ABCxyzZ', 'abcxyzz'],
    ['Straße ÄÖ', 'straße ÄÖ'],
    ['\u0130\u0131\u212A', '\u0130\u0131\u212A'],
    ['@[`{', '@[`{'],
    ['🦜A', '🦜a'],
  ])('makes %j %j', (before, after) => {
    expect(foldCase(before)).toBe(after);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(foldCase(foldCase(one))).toBe(foldCase(one));
      }),
    );
  });
});

describe('compareTexts', () => {
  it('is the order of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('puts a character beyond U+FFFF last, where UTF-16 would not', () => {
    expect(compareTexts('\uFFFD', '🦜')).toBeLessThan(0);
    expect('\uFFFD' < '🦜').toBe(false);
  });
});

describe('isLike', () => {
  it.each([
    ['abc', ['abc'], true],
    ['abcd', ['abc'], false],
    ['', ['', ''], true],
    ['abc', ['a', ''], true],
    ['abc', ['', 'c'], true],
    ['abc', ['a', 'c'], true],
    ['aba', ['aba', 'a'], false],
    ['abcabc', ['a', 'b', 'c'], true],
    ['aXbXbc', ['a', 'b', 'bc'], true],
    ['abc', ['a', 'bc', 'c'], false],
    ['one\ntwo', ['one', 'two'], true],
    ['abc', ['', '', ''], true],
    ['%', ['_'], false],
  ])('%j like %j: %j', (one, segments, expected) => {
    expect(isLike(one, segments)).toBe(expected);
  });

  it('agrees with a regular expression', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', '🦜', '\n'), maxLength: 8 });
    const segment = fc.string({ unit: fc.constantFrom('a', 'b', '🦜', '\n'), maxLength: 2 });
    fc.assert(
      fc.property(few, fc.array(segment, { minLength: 1, maxLength: 5 }), (one, segments) => {
        expect(isLike(one, segments)).toBe(new RegExp(`^${segments.join('.*')}$`, 'su').test(one));
      }),
      { numRuns: 3000 },
    );
  });

  it('ends where backtracking would not', () => {
    const segments = [...Array<string>(900).fill('a'), 'b'];
    expect(isLike(`${'a'.repeat(100_000)}c`, segments)).toBe(false);
    expect(isLike(`${'a'.repeat(100_000)}b`, ['', ...Array<string>(900).fill('ab'), 'b'])).toBe(false);
  });
});

it('likePattern leaves nothing for LIKE to interpret but the wildcards', () => {
  expect(likePattern(['50%_\\', 'x'])).toBe('50\\%\\_\\\\%x');
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { BufferSource } from '../../../formats/byte-source';
import { BundleReader } from '../bundles/bundle.reader';
import { faultOfPattern, hardwareMatcher, parseHardwareList, type HardwarePattern } from './hardware';

const HW_REGEX = join(__dirname, '../../../../test/fixtures/swu/hw-regex.swu');

const fits = (pattern: Partial<HardwarePattern>, model: string, revision?: string): boolean =>
  hardwareMatcher([{ model: '*', revision: '*', ...pattern }])({ model, revision });

describe('hardwareMatcher', () => {
  it('fits the exact model and revision, with regard to case', () => {
    const pattern = { model: 'my-board', revision: 'rev4.2' };
    expect(fits(pattern, 'my-board', 'rev4.2')).toBe(true);
    expect(fits(pattern, 'My-Board', 'rev4.2')).toBe(false);
    expect(fits(pattern, 'my-board', 'rev4.3')).toBe(false);
    expect(fits(pattern, 'my-board', 'rev4x2')).toBe(false);
    expect(fits(pattern, 'my-board2', 'rev4.2')).toBe(false);
    expect(fits(pattern, 'my-board')).toBe(false);
  });

  it('fits every model or every revision by *', () => {
    expect(fits({ revision: '1.0' }, 'any', '1.0')).toBe(true);
    expect(fits({ model: 'my-board' }, 'my-board', 'any')).toBe(true);
    expect(fits({ model: 'my-board' }, 'my-board')).toBe(true);
    expect(fits({ model: 'my-board' }, 'other', 'any')).toBe(false);
  });

  it('fits even hardware that nobody named by * and *, and by nothing else', () => {
    expect(fits({}, '')).toBe(true);
    for (const pattern of ['#RE:.*', '#RE:^$', '#RE:', '**', '*?', 'x']) {
      expect([pattern, fits({ revision: pattern }, 'my-board')]).toEqual([pattern, false]);
      expect([pattern, fits({ model: pattern }, '')]).toEqual([pattern, false]);
    }
  });

  it.each([
    ['my-*', 'my-board', true],
    ['my-*', 'my-', true],
    ['my-*', 'amy-board', false],
    ['*board', 'my-board', true],
    ['my-?oard', 'my-board', true],
    ['my-?oard', 'my-oard', false],
    ['a.c', 'abc', false],
    ['a.*', 'abc', false],
    ['a.*', 'a.bc', true],
    ['(a|b)*', '(a|b)c', true],
    ['(a|b)*', 'a', false],
    ['[ab]?', 'a1', false],
    ['[ab]?', '[ab]1', true],
    ['a\\*', 'a\\b', true],
    ['^a$*', '^a$b', true],
    ['?', '🦜', true],
    ['a*', 'a\nb', true],
  ])('the glob %s on %j: %s', (model, text, expected) => {
    expect(fits({ model }, text)).toBe(expected);
  });

  it('understands expressions in revisions only: a model called like one is just called so', () => {
    expect(fits({ model: '#RE:^my' }, 'my-board')).toBe(false);
    expect(fits({ model: '#RE:(' }, '#RE:(')).toBe(true);
  });

  it('fits when any of its patterns does, and nothing when there is none', () => {
    const either = hardwareMatcher([
      { model: 'a', revision: '1' },
      { model: 'b', revision: '2' },
    ]);
    expect(either({ model: 'b', revision: '2' })).toBe(true);
    expect(either({ model: 'a', revision: '2' })).toBe(false);
    expect(hardwareMatcher([])({ model: 'a', revision: '1' })).toBe(false);
  });
});

describe("SWUpdate's expressions", () => {
  it('accept what the device accepts by hw-regex.swu', async () => {
    const reader = new BundleReader('hw-regex.swu');
    const bytes = readFileSync(HW_REGEX);
    reader.write(bytes);
    const { hardware } = await reader.end(new BufferSource(bytes));
    expect(hardware).toEqual([{ model: '*', revision: '#RE:^rev[4-6]\\.[0-9]$' }]);
    const matches = hardwareMatcher(hardware);
    for (const revision of ['rev4.0', 'rev4.2', 'rev6.9'])
      expect(matches({ model: 'my-board', revision })).toBe(true);
    for (const revision of ['rev3.2', 'rev7.0', 'rev4.10', 'rev4x2', 'xrev4.2', 'rev4.2\n', '', undefined])
      expect(matches({ model: 'my-board', revision })).toBe(false);
  });

  // Expected as grep -E finds it (regcomp with REG_EXTENDED, as SWUpdate compiles them).
  it.each([
    ['v[[:digit:]]+', 'board-v12', true],
    ['v[[:digit:]]+', 'board-v', false],
    ['^[[:alpha:]_]+[[:digit:]]{2,3}$', 'rev_123', true],
    ['^[[:alpha:]_]+[[:digit:]]{2,3}$', 'rev_1', false],
    ['^(1\\.0|2\\.[0-5])$', '2.5', true],
    ['^(1\\.0|2\\.[0-5])$', '2.6', false],
    ['^rev4', 'rev4.2', true],
    ['4', 'rev4.2', true],
    ['^[^x]*$', 'rev', true],
    ['^[]x]$', ']', true],
    ['^[a-]$', '-', true],
    ['^a|b$', 'ab', true],
    ['^a+b?c*$', 'aab', true],
    ['^a{2}$', 'aa', true],
  ])('%s on %s: %s', (expression, revision, expected) => {
    expect(fits({ revision: `#RE:${expression}` }, 'my-board', revision)).toBe(expected);
  });

  it.each([
    '(a+)+$',
    '(a|aa)+$',
    '(x+x+)+y',
    '^(a?){60}a{60}$',
    '(.*)*(.*)*(.*)*b',
    '([a-z]+)*[0-9]',
    '^(a{1,500}){1,2}$',
    '(a|a|a|a|a)*$',
  ])('run in linear time: %s', (expression) => {
    const matches = hardwareMatcher([{ model: '*', revision: `#RE:${expression}` }]);
    // Where an engine goes back and tries again, this does not end.
    for (const end of ['', '!', 'b'])
      expect(matches({ model: 'x', revision: `${'a'.repeat(128)}${'x'.repeat(128)}${end}` })).toBeDefined();
  });
});

describe('faultOfPattern', () => {
  it.each([
    ['*', '*'],
    ['my-board', 'rev4.2'],
    ['my-*', '#RE:^rev[4-6]$'],
    ['#RE:(', '1'],
    ['b', 'x'.repeat(256)],
    ['Gerät 7', '{[('],
  ])('finds none in %s : %s', (model, revision) => {
    expect(faultOfPattern({ model, revision })).toBeUndefined();
  });

  it.each([
    ['', '1', 'has an empty model or revision'],
    ['b', '', 'has an empty model or revision'],
    ['b'.repeat(257), '1', 'has a pattern of more than 256 characters'],
    ['b', '1'.repeat(257), 'has a pattern of more than 256 characters'],
    ['b\u0000', '1', 'has a model or revision with control characters'],
    ['b', '1\n2', 'has a model or revision with control characters'],
    ['b', '\ud83e', 'has a model or revision with control characters'],
    ['b', '#RE:(', 'has the expression "#RE:(", which is not a regular expression of RE2'],
    ['b', '#RE:(a)\\1', 'has the expression "#RE:(a)\\1", which is not a regular expression of RE2'],
    ['b', '#RE:(?=a)', 'has the expression "#RE:(?=a)", which is not a regular expression of RE2'],
    [
      'b',
      '#RE:((a{1000}){1000})',
      'has the expression "#RE:((a{1000}){1000})", which is not a regular expression of RE2',
    ],
  ])('finds %j : %j %s', (model, revision, fault) => {
    expect(faultOfPattern({ model, revision })).toBe(fault);
  });

  it('lets no pattern pass that could not be compiled into a plan', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom('a', '*', '?', '(', ')', '[', ']', '{', '2', '}', '\\', '|', '^', '-'),
      }),
    );
    const pattern = fc.oneof(
      text,
      text.map((expression) => `#RE:${expression}`),
    );
    fc.assert(
      fc.property(pattern, pattern, text, (model, revision, said) => {
        if (faultOfPattern({ model, revision }) !== undefined) return;
        expect(typeof hardwareMatcher([{ model, revision }])({ model: said, revision: said })).toBe(
          'boolean',
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseHardwareList', () => {
  it.each([
    ['*', [{ model: '*', revision: '*' }]],
    ['my-board', [{ model: 'my-board', revision: '*' }]],
    ['my-board:rev4.2', [{ model: 'my-board', revision: 'rev4.2' }]],
    [
      ' my-board : rev4.2 ,\n other:* ,, ',
      [
        { model: 'my-board', revision: 'rev4.2' },
        { model: 'other', revision: '*' },
      ],
    ],
    ['b:#RE:^v[0-9]:x$', [{ model: 'b', revision: '#RE:^v[0-9]:x$' }]],
    ['b:', [{ model: 'b', revision: '' }]],
    [':1', [{ model: '', revision: '1' }]],
    [
      'a\r\nb',
      [
        { model: 'a', revision: '*' },
        { model: 'b', revision: '*' },
      ],
    ],
  ])('reads %j', (text, patterns) => {
    expect(parseHardwareList(text)).toEqual(patterns);
  });

  it.each(['', ' ', ',', '\n , \n'])('finds nothing in %j', (text) => {
    expect(parseHardwareList(text)).toBeUndefined();
  });
});

describe('a list with an expression', () => {
  it('takes the commas of an expression for its own, to the end of the line', () => {
    expect(parseHardwareList('a:1, b:#RE:a{1,2}\nc:3')).toEqual([
      { model: 'a', revision: '1' },
      { model: 'b', revision: '#RE:a{1,2}' },
      { model: 'c', revision: '3' },
    ]);
  });
});

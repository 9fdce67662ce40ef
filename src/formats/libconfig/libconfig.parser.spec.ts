import fc from 'fast-check';
import { FormatError } from '../format.error';
import { parseLibconfig, type LibconfigValue } from './libconfig.parser';

function plain(value: LibconfigValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, child]) => [name, plain(child)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

const parsed = (text: string | Buffer): unknown => plain(parseLibconfig(text));

function refusal(text: string): FormatError {
  try {
    parseLibconfig(text);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseLibconfig', () => {
  it('reads an empty text as no settings', () => {
    expect(parsed(' # nothing\n')).toEqual({});
  });

  it.each(['a=1;b=2;', 'a:1,b:2,', 'a = 1 b : 2', 'a=1b=2', 'a=1;// x\nb=2 /* y */ # z\n'])(
    'reads %j as two settings',
    (text) => {
      expect(parsed(text)).toEqual({ a: 1, b: 2 });
    },
  );

  it('reads all kinds of scalars', () => {
    expect(
      parsed(
        'i = -12; l = 5L; ll = 5LL; big = 12345678901; h = 0x1F; hl = 0xFFL; f = 1.5e3; g = .5; e = 2E-1; p = .; q = -.e1; t = TRUE; u = False;',
      ),
    ).toEqual({
      i: -12,
      l: 5n,
      ll: 5n,
      big: 12345678901n,
      h: 31,
      hl: 255n,
      f: 1500,
      g: 0.5,
      e: 0.2,
      p: 0,
      q: 0,
      t: true,
      u: false,
    });
  });

  it('takes hexadecimal digits for the bits of a number with a sign', () => {
    expect(parsed('a = 0xFFFFFFFF; b = 0x80000000; c = 0xFFFFFFFFFFFFFFFFL; d = 0x80000000L;')).toEqual({
      a: -1,
      b: -(2 ** 31),
      c: -1n,
      d: 2n ** 31n,
    });
  });

  it('joins strings that stand side by side', () => {
    expect(parsed('s = "a" /* and */ "b"\n"c";')).toEqual({ s: 'abc' });
  });

  it('reads escapes, bytes of UTF-8 among them, and leaves unknown ones as they are', () => {
    expect(parsed(String.raw`s = "\n\r\t\f\\\"\x41\xC3\xa9 é \q \x4";`)).toEqual({
      s: '\n\r\t\f\\"Aé é \\q \\x4',
    });
  });

  it('keeps comment signs and line ends within strings', () => {
    expect(parsed('s = "# // /* \n";')).toEqual({ s: '# // /* \n' });
  });

  it('reads nested groups, lists of mixed values and arrays', () => {
    expect(parsed('g : { l = ( 1, "x", { z = [1,2,]; }, [], (), ); };')).toEqual({
      g: { l: [1, 'x', { z: [1, 2] }, [], []] },
    });
  });

  it('reads names with dashes, stars and digits', () => {
    expect(parsed('hardware-compatibility = 1; *a_9* = 2; truely = 3;')).toEqual({
      'hardware-compatibility': 1,
      '*a_9*': 2,
      truely: 3,
    });
  });

  it.each([
    ['a', 1, 2, "expected '=' or ':' after \"a\", found the text ends"],
    ['a =\n  ;', 2, 3, 'expected a value, found ";"'],
    ['a = {\n b = 1', 1, 5, "the text ends before the '}'"],
    ['a = (1', 1, 5, "the text ends before the ')'"],
    ['a = (1 2);', 1, 8, "expected ',' or ')', found a value of type int"],
    ['a = (,1);', 1, 6, 'expected a value'],
    ['a = [1, "x"];', 1, 9, 'an element of type string in an array of int'],
    ['a = [1, 2L];', 1, 9, 'an element of type int64'],
    ['a = [{}];', 1, 6, 'expected a simple value'],
    ['a = "x', 1, 5, 'never closed with "'],
    ['/* x', 1, 1, 'never closed with */'],
    ['a = 1; # x', 1, 8, 'a line end must follow this comment'],
    ['// x', 1, 1, 'a line end must follow this comment'],
    ['a = 1;\na = 2;', 2, 1, 'the setting "a" occurs twice'],
    ['@include "/etc/passwd"', 1, 1, '@include is refused'],
    ['é = 1', 1, 1, 'unexpected byte 0xc3'],
    ['s = "é"; = 1', 1, 10, 'expected the name of a setting'],
    ['__proto__ = 1;', 1, 1, "unexpected '_'"],
    ['a = 99999999999999999999;', 1, 5, 'more than 64 bits'],
    ['a = 0x1FFFFFFFFFFFFFFFF;', 1, 5, 'more than 64 bits'],
    ['a = ' + '9'.repeat(65), 1, 5, 'too many digits'],
    ['a = 1e400;', 1, 5, 'not a number that fits'],
    ['a = "\\x00";', 1, 6, 'NUL'],
    ['}', 1, 1, 'expected the name of a setting, found "}"'],
  ])('refuses %j at line %d, column %d', (text, line, column, message) => {
    const error = refusal(text);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ line, column });
  });

  it('begins its message with the place', () => {
    expect(refusal('a = 1;\n  b 2;').message).toBe(
      `line 2, column 5: expected '=' or ':' after "b", found a value of type int.`,
    );
  });

  it('keeps names of prototypes as plain settings', () => {
    const settings = parseLibconfig('constructor = { prototype = { polluted = true; }; }; toString = 1;');
    expect([...settings.keys()]).toEqual(['constructor', 'toString']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('nests 64 levels and refuses 65', () => {
    const nested = (levels: number): string => `a = ${'('.repeat(levels)}${')'.repeat(levels)};`;
    expect(() => parseLibconfig(nested(64))).not.toThrow();
    expect(() => parseLibconfig(nested(65))).toThrow('nested deeper than 64 levels');
  });

  it.each(['(', '{a=', '[', '({a='])('refuses 200 000 times %j', (opener) => {
    expect(refusal(`a = ${opener.repeat(200_000)}`)).toBeInstanceOf(FormatError);
  });

  it.each(['"a"', '9', '1.', '\\', '# x\n', '(', 'a=1 ', '""""', '/**/'])(
    'comes to an end of a million characters of %j',
    (part) => {
      try {
        parseLibconfig(`a = ${part.repeat(Math.floor(1_000_000 / part.length))}`);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    },
  );

  it('refuses a text beyond its limit', () => {
    expect(() => parseLibconfig(Buffer.alloc(1024 * 1024 + 1, ' '))).toThrow('at most 1048576');
  });

  it('throws nothing but FormatError, whatever the text', () => {
    const word = fc.constantFrom(
      ...Array.from('{}[]()=:;,"\\#@/*'),
      '//',
      '/*',
      '*/',
      'a',
      'b-c',
      '"s"',
      '1',
      '2L',
      '0x3',
      '.5',
      'true',
      '\n',
      '\\x41',
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 60 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          parseLibconfig(source);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back whatever can be written', () => {
    const name = fc
      .stringMatching(/^[A-Za-z*][-A-Za-z0-9_*]{0,8}$/)
      .filter((text) => !/^(true|false)$/i.test(text));
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const { value } = fc.letrec<{ value: LibconfigValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc
          .uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key, maxLength: 4 })
          .map((all) => new Map(all)),
      ),
    }));
    fc.assert(
      fc.property(name, value, (key, content) => {
        expect(parseLibconfig(`${key} = ${written(content)};`)).toEqual(new Map([[key, content]]));
      }),
    );
  });
});

function written(value: LibconfigValue): string {
  if (value instanceof Map)
    return `{ ${[...value].map(([name, child]) => `${name} = ${written(child)};`).join(' ')} }`;
  if (Array.isArray(value)) return `( ${value.map(written).join(', ')} )`;
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  return typeof value === 'bigint' ? `${value}L` : String(value);
}

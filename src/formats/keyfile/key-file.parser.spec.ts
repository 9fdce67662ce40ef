import fc from 'fast-check';
import { FormatError } from '../format.error';
import { keyFileList, keyFileString, parseKeyFile } from './key-file.parser';

function parsed(text: string | Buffer): Record<string, Record<string, string>> {
  const { groups } = parseKeyFile(Buffer.from(text));
  const plain = [...groups].map(([name, keys]) => [
    name,
    Object.fromEntries([...keys].map(([key, { text: value }]) => [key, value])),
  ]);
  return Object.fromEntries(plain) as Record<string, Record<string, string>>;
}

function refusal(text: string | Buffer): FormatError {
  try {
    parseKeyFile(Buffer.from(text));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const value = (text: string) => ({ text, line: 1, column: 1 });

describe('parseKeyFile', () => {
  it.each(['', '\n\n', '# only a comment', '  # indented\r\n\t\n', '#\xff'])(
    'reads %j as no groups',
    (text) => {
      expect(parsed(Buffer.from(text, 'latin1'))).toEqual({});
    },
  );

  it('reads groups and keys, blanks around the key and before the value aside', () => {
    expect(parsed(' [a] \t\n k = v \n\tl\t=\tw\n[b.c-d]\nm==#x\n[a]\nn=;\n')).toEqual({
      a: { k: 'v ', l: 'w', n: ';' },
      'b.c-d': { m: '=#x' },
    });
  });

  it('reads line ends of both kinds, and none at the end', () => {
    expect(parsed('[a]\r\nk=v\r\nl=w')).toEqual({ a: { k: 'v', l: 'w' } });
  });

  it('takes the last of several settings and says that there were several', () => {
    const file = parseKeyFile(Buffer.from('[a]\nk=1\n[b]\nk=1\n[a]\n  k = 2'));
    expect(file.groups.get('a')?.get('k')?.text).toBe('2');
    expect(file.repeated).toEqual([{ group: 'a', key: 'k', value: { text: '2', line: 6, column: 7 } }]);
  });

  it('reads names of prototypes as names', () => {
    expect(parseKeyFile(Buffer.from('[__proto__]\nconstructor=1')).groups.get('__proto__')?.size).toBe(1);
    expect(keyFileString(value('\\constructor'))).toBe('\\constructor');
  });

  it.each([
    ['[a]\nhello', 'line 2, column 1: "hello" is neither a [group], nor a key=value, nor a # comment.'],
    ['k=v', 'line 1, column 1: this setting stands before the first [group].'],
    ['[a] # x', 'line 1, column 1: "[a] # x" is neither a [group], nor a key=value, nor a # comment.'],
    ['\n  []', 'line 2, column 4: "" cannot be the name of a group.'],
    ['[a[b]', 'line 1, column 2: "a[b" cannot be the name of a group.'],
    ['[a]\n=v', 'line 2, column 1: "" cannot be the name of a key.'],
    ['[a]\nk[=v', 'line 2, column 1: "k[" cannot be the name of a key.'],
    ['[a]\nk=a\0b', 'line 2, column 4: a value cannot hold a NUL byte.'],
    ['\ufeff[a]', 'line 1, column 1: "\\ufeff[a]" is neither a [group], nor a key=value, nor a # comment.'],
  ])('refuses %j', (text, message) => {
    expect(refusal(text).message).toBe(message);
  });

  it('refuses what is not UTF-8, and names the character', () => {
    expect(refusal(Buffer.from('[a]\n  k=\xc3\xa4x\xe9', 'latin1'))).toMatchObject({ line: 2, column: 7 });
  });

  it('refuses nothing but by a FormatError, and reads back what it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          parseKeyFile(Buffer.from(`[a]\n${text}`));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe('keyFileString', () => {
  it.each([
    ['a\\sb\\n\\t\\r\\\\', 'a b\n\t\r\\'],
    ['\\q', '\\q'],
    ['a\\', 'a'],
    ['\\\\n', '\\n'],
    ['☃\\s☃', '☃ ☃'],
  ])('reads %j as %j', (text, meant) => {
    expect(keyFileString(value(text))).toBe(meant);
  });
});

describe('keyFileList', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a;b;', ['a', 'b']],
    [';;a', ['a']],
    ['a\\;b;c', ['a;b', 'c']],
    ['a\\sb;\\\\;', ['a b', '\\']],
  ])('reads %j as %j', (text, meant) => {
    expect(keyFileList(value(text))).toEqual(meant);
  });
});

import { FormatError } from '../format.error';
import { parseJsonDescription } from './json-description';

function refusal(text: string): FormatError {
  try {
    parseJsonDescription(Buffer.from(text));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseJsonDescription', () => {
  it('gives the tree that libconfig would give, without what is null', () => {
    const text = '{"a":"é","b":[1,true,null,{"c":2.5}],"d":null}';
    expect(parseJsonDescription(Buffer.from(text))).toEqual(
      new Map<string, unknown>([
        ['a', 'é'],
        ['b', [1, true, new Map([['c', 2.5]])]],
      ]),
    );
  });

  it('says where JSON goes wrong', () => {
    expect(refusal('{"software":\n {"version" "1"}}')).toMatchObject({ line: 2, column: 13 });
    expect(refusal('{"é" "1"}')).toMatchObject({ line: 1, column: 6, offset: 6 });
    expect(refusal('{"software":')).toMatchObject({ line: 1, column: 13 });
    expect(refusal('{"software": x}').message).toContain('not valid JSON');
  });

  it('refuses bytes that are not UTF-8 and says where', () => {
    const bytes = Buffer.concat([Buffer.from('{"é":\n "'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(() => parseJsonDescription(bytes)).toThrow(
      new FormatError('the JSON is not UTF-8 here.', { line: 2, column: 3, offset: 9 }),
    );
    expect(() => parseJsonDescription(Buffer.from([0x7b, 0x22, 0xe2, 0x82]))).toThrow('line 1, column 3');
  });

  it.each(['ef', 'efbf', 'e282', 'f09f98', 'ff', 'c3'])('says where %s begins that is no UTF-8', (broken) => {
    const before = Buffer.from('{"\ufffd":\n "');
    for (const after of ['', '"}']) {
      const text = Buffer.concat([before, Buffer.from(broken, 'hex'), Buffer.from(after)]);
      expect(() => parseJsonDescription(text)).toThrow(
        new FormatError('the JSON is not UTF-8 here.', { line: 2, column: 3, offset: before.length }),
      );
    }
  });

  it('refuses NUL in names and strings', () => {
    expect(refusal('{"a":"\\u0000"}').message).toContain('NUL');
    expect(refusal('{"\\u0000":1}').message).toContain('NUL');
  });

  it('refuses what is not an object', () => {
    for (const text of ['[]', '1', 'null', '"x"']) expect(refusal(text).message).toContain('not an object');
  });

  it('nests 64 levels and refuses more', () => {
    const nested = (levels: number): Buffer =>
      Buffer.from(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`);
    expect(() => parseJsonDescription(nested(63))).not.toThrow();
    for (const levels of [64, 200_000]) {
      expect(() => parseJsonDescription(nested(levels))).toThrow('nested deeper than 64 levels');
    }
  });

  it('reads 100 000 values and refuses more', () => {
    const empty = (count: number): Buffer => Buffer.from(`{"a":[${'{},'.repeat(count)}{}]}`);
    expect(parseJsonDescription(empty(100_000)).size).toBe(1);
    expect(refusal(empty(100_001).toString()).message).toBe(
      'line 1, column 300009: the JSON has more than 100000 values.',
    );
  });

  it('does not count brackets within strings', () => {
    expect(parseJsonDescription(Buffer.from(`{"a":"${'['.repeat(100)}\\"["}`)).size).toBe(1);
  });
});

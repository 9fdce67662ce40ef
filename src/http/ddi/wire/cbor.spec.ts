import cbor from 'cbor';
import fc from 'fast-check';
import { cborOf, readCbor } from './cbor';
import { UnreadableBodyError } from './ddi-error';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const KIB_256 = 256 * 1024;

/** As JSON tells it: no undefined, no -0. */
const aTree = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('cborOf', () => {
  it('makes the bytes of RFC 8949', () => {
    const value = { id: '1', n: [0, 24, 1000, -1, 1.5, true, null] };
    expect(cborOf(value).toString('hex')).toBe(
      'a26269646131616e87001818' + '1903e8' + '20' + 'fa3fc00000' + 'f5f6',
    );
  });

  it('is read as the same tree', () => {
    fc.assert(
      fc.property(aTree, (tree) => {
        expect(readCbor(cborOf(tree))).toEqual(tree);
      }),
    );
  });

  it('keeps all of a large answer, not the first 16 KiB', () => {
    const tree = Array.from({ length: 2000 }, (_unused, n) => ({ filename: `file-${n}.swu`, size: n }));
    expect(cbor.decode(cborOf(tree))).toEqual(tree);
    expect(cborOf('x'.repeat(3_000_000))).toHaveLength(3_000_005);
  });
});

describe('readCbor', () => {
  it('reads lengths that are told only at the end', () => {
    expect(readCbor(hex('bf 6161 9f 01 02 ff 6162 7f 6178 6179 ff ff'))).toEqual({ a: [1, 2], b: 'xy' });
  });

  it('takes whole numbers of any size for numbers, as JSON.parse does', () => {
    expect(readCbor(hex('82 1bffffffffffffffff 3bffffffffffffffff'))).toEqual([2 ** 64, -(2 ** 64)]);
  });

  it('takes undefined for null', () => {
    expect(readCbor(hex('81 f7'))).toEqual([null]);
    expect(readCbor(hex('f7'))).toBeNull();
  });

  it.each([
    ['a mark that it is CBOR', 'd9d9f7 a1 6161 01', { a: 1 }],
    ['a date in words', 'c0 74 323031332d30332d32315432303a30343a30305a', '2013-03-21T20:04:00Z'],
    ['a date in seconds', 'c1 1a514b67b0', 1363896240],
    ['a pattern', 'd823 6161', 'a'],
    ['an address', 'd820 6161', 'a'],
    ['a set', 'd90102 82 01 02', [1, 2]],
    ['a fraction', 'c4 82 21 196ab3', [-2, 27315]],
    ['a tag that nobody knows', 'd9ffff 01', 1],
  ])('passes over the tag of %s', (_what, bytes, value) => {
    expect(readCbor(hex(bytes))).toEqual(value);
  });

  it('makes own properties of __proto__ and constructor, like JSON.parse', () => {
    const value = readCbor(
      cbor.encode(
        new Map([
          ['__proto__', { isAdmin: true }],
          ['constructor', 1],
        ] as never),
      ),
    );
    expect(Object.entries(value as object)).toEqual([
      ['__proto__', { isAdmin: true }],
      ['constructor', 1],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['a value that is cut short', 'a1 6161'],
    ['a text that is cut short', '6a 6161'],
    ['a text longer than any memory', '7b ffffffffffffffff 61'],
    ['a list longer than any memory', '9b ffffffffffffffff 61'],
    ['bytes behind the value', 'a0 00'],
    ['a key twice', 'a2 6161 01 6161 02'],
    ['a key twice, told at the end', 'bf 6161 01 6161 02 ff'],
    [
      '__proto__ twice',
      `a2 69 ${Buffer.from('__proto__').toString('hex')} 01 69 ${Buffer.from('__proto__').toString('hex')} 02`,
    ],
    ['a key that is a number', 'a1 01 02'],
    ['a key that is a list', 'a1 80 02'],
    ['a key with a tag', 'a1 d9ffff6161 02'],
    ['a text that is no UTF-8', '62 c328'],
    ['a byte string', '81 4101'],
    ['a byte string in pieces', '5f 4101 ff'],
    ['a large number of bytes', 'c2 49 010000000000000000'],
    ['numbers packed into bytes', 'd840 4101'],
    ['a simple value that has no meaning', '81 f0'],
    ['a break without a beginning', 'ff'],
    ['a break in a counted list', '82 01 ff'],
    ['a map told in pairs, cut in the middle of one', 'bf 6161 ff'],
    ['what RFC 8949 keeps for later', '1c'],
  ])('refuses %s', (_what, bytes) => {
    expect(() => readCbor(hex(bytes))).toThrow(UnreadableBodyError);
  });

  it('goes 32 levels deep and no further', () => {
    const nested = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x81), hex('00')]);
    expect(readCbor(nested(32))).toBeDefined();
    expect(() => readCbor(nested(33))).toThrow(UnreadableBodyError);
    expect(() => readCbor(Buffer.alloc(KIB_256, 0x81))).toThrow(UnreadableBodyError);
    expect(() => readCbor(Buffer.alloc(KIB_256, 0x9f))).toThrow(UnreadableBodyError);
    expect(() => readCbor(Buffer.alloc(KIB_256, 0xc1))).toThrow(UnreadableBodyError);
  });

  it.each([
    ['numbers', [0x00]],
    ['empty maps', [0xa0]],
    ['empty texts', [0x60]],
    ['short texts', [0x63, 0x61, 0x61, 0x61]],
    ['tagged texts', [0xc0, 0x61, 0x61]],
    ['longer texts', [0x78, 40, ...Array<number>(40).fill(0x61)]],
  ])('refuses more %s than any sound body has, before it reads the first', (_what, item) => {
    const list = (count: number): Buffer =>
      Buffer.concat([hex('9f'), Buffer.alloc(count * item.length, Buffer.from(item)), hex('ff')]);
    const most = Math.floor(2498 / (item[0] === 0xc0 ? 2 : 1));
    expect(readCbor(list(most))).toHaveLength(most);
    expect(() => readCbor(list(most + 1))).toThrow('The body has more than 2500 values.');
  });

  it.each([23, 24, 255, 256, 65_535, 65_536, KIB_256 - 5])(
    'takes a text of %i letters for one value',
    (length) => {
      const text = 'a'.repeat(length);
      expect(readCbor(cborOf(text))).toBe(text);
      // Told longer than it had to be, as an encoder may.
      const head = Buffer.alloc(9, 0);
      head[0] = 0x7b;
      head.writeBigUInt64BE(BigInt(length), 1);
      expect(readCbor(Buffer.concat([head, Buffer.from(text)]))).toBe(text);
    },
  );

  it('has room for all attributes that are read at all', () => {
    const data = Object.fromEntries(
      Array.from({ length: 1000 }, (_unused, n) => [`name-${n}`, `value ${n}`]),
    );
    expect(readCbor(cborOf({ mode: 'merge', data }))).toEqual({ mode: 'merge', data });
  });

  it('throws nothing but UnreadableBodyError, and gives nothing that JSON has not', () => {
    const valid = aTree.map((tree) => Buffer.from(cborOf(tree)));
    const damaged = fc.tuple(valid, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((any) => Buffer.from(any)),
      damaged,
    );
    fc.assert(
      fc.property(bytes, (any) => {
        try {
          expect(isTree(readCbor(any))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableBodyError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function isTree(value: unknown): boolean {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every(isTree);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value as object).every(isTree);
}

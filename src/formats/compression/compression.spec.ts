import { crc32, deflateSync } from 'node:zlib';
import { FormatError } from '../format.error';
import { unpackLz4Block } from './lz4-block';
import { unpackLzmaAlone } from './lzma-alone';
import { unpackLzo1x } from './lzo1x';
import { unpackXz } from './xz';
import { unpackZlib } from './zlib';
import { loadZstd } from './zstd';

type Unpack = (packed: Buffer, maxBytes: number) => Buffer;

const base64 = (text: string): Buffer => Buffer.from(text, 'base64');
const PLAIN = Buffer.concat([
  Buffer.from('compatible=my-board-rev4.2\nversion=1.0\n'.repeat(40)),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
]);
/** Written by liblzma; all hold `PLAIN`. */
const XZ = base64(
  '/Td6WFoAAAFpIt42AgAhAQIAAAC875584AcXARZdADGbyfP1xhrhEGKJUdmGe15+tJSkaLYz+zHnChoRMYl/3aSGovI63Qq/oB1r' +
    '+jhmUwZqQTRafxzxVGAIi0NvYwSOX9jXI/bu3PbW/rllsGljtp/IK8A0z2QhOwG+bzseXAEBo0iMYoHiZZ2561f4BGZeNaQ6hpQi' +
    'gIsbqh7MXdI4tpcH74iWsRzBSlUPORa0PCK3XhQqAd2iJ0lO5AzY8YGN8mMaA1AczAy4pJRjlr5CUtl/tOG081Vk0bezT9gVkMSK' +
    'aOKOQANerf6z6JDIXYt6tgAvOzDdWWLNHKI83BWpHq/JkB5DGD0tKxvfLfY5SyMZiOV09d40N7yClmNZWcxMsVXt1vVt6ASyGmND' +
    'aOB6kjoY4XWgAAAAQkMD1gABrgKYDgAAYhPp6D4wDYsCAAAAAAFZWg==',
);
const ALONE = base64(
  'XQAgAAD//////////wAxm8nz9cYa4RBiiVHZhntefrSUpGi2M/sx5woaETGJf92khqLyOt0Kv6Ada/o4ZlMGakE0Wn8c8VRgCItD' +
    'b2MEjl/Y1yP27tz21v65ZbBpY7afyCvANM9kITsBvm87HlwBAaNIjGKB4mWduetX+ARmXjWkOoaUIoCLG6oezF3SOLaXB++IlrEc' +
    'wUpVDzkWtDwit14UKgHdoidJTuQM2PGBjfJjGgNQHMwMuKSUY5a+QlLZf7ThtPNVZNG3s0/YFZDEimjijkADXq3+s+iQyF2LerYA' +
    'Lzsw3VlizRyiPNwVqR6vyZAeQxg9LSsb3y32OUsjGYjldPXeNDe8gpZjWVnMTLFV7db1begEshpjQ2jgepI6bQzkDP/9gOAA',
);

/** Code that each filter changes, and what liblzma made of it. */
const CODE: readonly (readonly [string, string, string])[] = [
  [
    'x86',
    '90e80000000090e8ff000000e9ffffffffe8e80000009090e80000000090e8ff000000e9ffffffffe8e800000090',
    '/Td6WFoAAAFpIt42AgEEACEBAADaM60D4AAtACJdAEg5/MAMtsY7tPHMMrrWhfenKysZxeoD8Cy43N1c2tYpLgAAAA' +
      'DoErZHAAE6Lp1m+dmQQpkNAQAAAAABWVo=',
  ],
  [
    'PowerPC',
    '4800000138600000480001014bfffff14800000138600000480001014bfffff1',
    '/Td6WFoAAAFpIt42AgEFACEBAAB/4PHI4AAfABtdACQALAI4IfQulmcanxh0Oeg/L71JHfgPeY0iIAAAIhgvpQABMy' +
      'DT8IPvkEKZDQEAAAAAAVla',
  ],
  [
    'ARM',
    '000000eb010203e1ffffffeb100000eb000000eb010203e1ffffffeb100000eb',
    '/Td6WFoAAAFpIt42AgEHACEBAAB0QTmF4AAfABhdAAEANhFFW/WbqypWrDJfR/msj8Fc9dpTIACrECzPAAEwIBCjrs' +
      'SQQpkNAQAAAAABWVo=',
  ],
  [
    'ARM-Thumb',
    '00f000f8c04600f010f8fff7feff00f000f8c04600f010f8fff7feff',
    '/Td6WFoAAAFpIt42AgEIACEBAACh82904AAbABhdAAA8H1kBUFuG1QVT943UwyS8GeqPIgNTDQD9S4TkAAEwHJffwe' +
      'uQQpkNAQAAAAABWVo=',
  ],
  [
    'SPARC',
    '40000004010000007fffffff4000010040000004010000007fffffff40000100',
    '/Td6WFoAAAFpIt42AgEJACEBAAAEIDO/4AAfABhdACAALAgBADvesGOcZr9ZXcHE81EF3QseDwC0uxLPAAEwIBCjrs' +
      'SQQpkNAQAAAAABWVo=',
  ],
];

/** Where the checksum of the content lies; an index follows, which nobody needs. */
const XZ_CHECK_AT = XZ.length - 28;

/** A run of one byte, repeated as far as a length goes: the shape of a bomb. */
const lz4Run = Buffer.concat([Buffer.from([0x1f, 0x41, 1, 0]), Buffer.alloc(5000, 255), Buffer.from([0, 0])]);
const lzoRun = Buffer.concat([
  Buffer.from([18, 0x41, 32]),
  Buffer.alloc(5000),
  Buffer.from([1, 0, 0, 0x11, 0, 0]),
]);
const zlibRun = deflateSync(Buffer.alloc(1_300_000, 0x41));

/** The first CODE, but another filter is named. */
function withFilter(id: number): Buffer {
  const xz = base64(CODE[0]?.[2] ?? '');
  xz[14] = id;
  const header = xz.subarray(12, 12 + ((xz[12] ?? 0) + 1) * 4 - 4);
  xz.writeUInt32LE(crc32(header), 12 + header.length);
  return xz;
}

function refusal(unpack: Unpack, packed: Buffer, maxBytes = 8192): string {
  try {
    unpack(packed, maxBytes);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the decoders', () => {
  it('unpack what the real packers packed', () => {
    expect(unpackXz(XZ, 8192).equals(PLAIN)).toBe(true);
    expect(unpackLzmaAlone(ALONE, 8192).equals(PLAIN)).toBe(true);
    expect(unpackZlib(deflateSync(PLAIN), 8192).equals(PLAIN)).toBe(true);
  });

  it.each(CODE)('undo the filter of xz for %s', (_, code, xz) => {
    expect(unpackXz(base64(xz), 8192).toString('hex')).toBe(code);
  });

  it('unpack runs, in which a repetition overlaps itself', () => {
    expect(unpackLz4Block(lz4Run, 2_000_000).equals(Buffer.alloc(1 + 15 + 5000 * 255 + 4, 0x41))).toBe(true);
    expect(unpackLzo1x(lzoRun, 2_000_000).equals(Buffer.alloc(1 + 2 + 31 + 5000 * 255 + 1, 0x41))).toBe(true);
  });

  it.each<[string, Unpack, Buffer, string]>([
    ['LZ4', unpackLz4Block, lz4Run, 'the LZ4 block unpacks to more than the 8192 bytes it may have.'],
    ['LZO', unpackLzo1x, lzoRun, 'the LZO block unpacks to more than the 8192 bytes it may have.'],
    [
      'zlib',
      unpackZlib,
      zlibRun,
      'the zlib stream is damaged, or unpacks to more than the 8192 bytes it may have.',
    ],
    [
      'an .lzma with a large size',
      unpackLzmaAlone,
      Buffer.from('5d00200000ffffffffffffff7f0000000000', 'hex'),
      'the LZMA stream claims 9223372036854775807 bytes; it may have 8192.',
    ],
  ])('refuse a bomb of %s', (_, unpack, packed, message) => {
    expect(refusal(unpack, packed)).toBe(message);
  });

  it('refuse a bomb of xz before they unpack it', () => {
    expect(refusal(unpackXz, XZ, PLAIN.length - 1)).toBe(
      `the LZMA2 stream unpacks to more than the ${PLAIN.length - 1} bytes it may have.`,
    );
  });

  it('refuse a zstd frame that holds more than it may, and what is none', async () => {
    const unpack = await loadZstd();
    const frame = Buffer.concat([Buffer.from('28b52ffda000010000', 'hex'), Buffer.from('030800', 'hex')]);
    const message = 'the zstd frame is damaged, or unpacks to more than the 100 bytes it may have.';
    expect(refusal(unpack, Buffer.concat([frame, Buffer.from('A')]), 100)).toBe(message);
    expect(refusal(unpack, Buffer.from('hello'), 100)).toBe(message);
  });

  it.each<[string, Unpack, Buffer, string]>([
    [
      'LZ4 from before the start',
      unpackLz4Block,
      Buffer.from('10410500', 'hex'),
      'repeats bytes from before its start',
    ],
    [
      'LZ4 at distance 0',
      unpackLz4Block,
      Buffer.from('10410000', 'hex'),
      'repeats bytes from before its start',
    ],
    ['LZ4 cut in a length', unpackLz4Block, Buffer.from('f0ff', 'hex'), 'cut short'],
    ['LZ4 cut in its literals', unpackLz4Block, Buffer.from('3041', 'hex'), 'cut short'],
    ['empty LZ4', unpackLz4Block, Buffer.alloc(0), 'cut short'],
    [
      'LZO from before the start',
      unpackLzo1x,
      Buffer.from('12415c05', 'hex'),
      'repeats bytes from before its start',
    ],
    ['LZO without end mark', unpackLzo1x, Buffer.from('1241', 'hex'), 'cut short'],
    ['LZO with a spoilt end mark', unpackLzo1x, Buffer.from('1241120000', 'hex'), 'spoilt end mark'],
    ['LZO that goes on', unpackLzo1x, Buffer.from('124111000000', 'hex'), 'goes on behind its end mark'],
    ['empty LZO', unpackLzo1x, Buffer.alloc(0), 'cut short'],
    ['short .lzma', unpackLzmaAlone, Buffer.alloc(5), 'cut short'],
    ['.lzma with lc 8, lp 4', unpackLzmaAlone, Buffer.from(`2c${'00'.repeat(30)}`, 'hex'), 'impossible'],
    [
      'xz with a filter that begins elsewhere',
      unpackXz,
      base64('/Td6WFoAAAFpIt42AwEEBAAAAQAhAQAA4EvSSwEABGhlbGxvAAAAAIamEDYAAR0FuC2Ar5BCmQ0BAAAAAAFZWg=='),
      'the xz stream uses filters that squashfs does not know, the first of id 4.',
    ],
    [
      'xz with an unknown filter',
      unpackXz,
      withFilter(0x06),
      'the xz stream uses filters that squashfs does not know, the first of id 6.',
    ],
    [
      '.lzma of impossible properties',
      unpackLzmaAlone,
      Buffer.from(`e1${'00'.repeat(30)}`, 'hex'),
      'impossible',
    ],
    ['.lzma cut short', unpackLzmaAlone, ALONE.subarray(0, 100), 'cut short'],
    ['xz of another magic', unpackXz, Buffer.alloc(40), 'no xz stream is there'],
    ['xz cut in its header', unpackXz, XZ.subarray(0, 8), 'the xz stream is cut short'],
    ['xz cut in its block', unpackXz, XZ.subarray(0, 200), 'the LZMA2 stream is cut short'],
    ['xz cut before its check', unpackXz, XZ.subarray(0, XZ_CHECK_AT + 2), 'the xz stream is cut short'],
    [
      'xz with CRC64',
      unpackXz,
      base64('/Td6WFoAAATm1rRGAgAhAQIAAAC875584AcXARZdADGbyfP1'),
      'the xz stream has a check of kind 4; squashfs knows CRC32 only',
    ],
  ])('refuse %s', (_, unpack, packed, message) => {
    expect(refusal(unpack, packed)).toContain(message);
  });

  it('find a flipped bit of xz', () => {
    for (let at = 0; at < XZ_CHECK_AT + 4; at++) {
      const damaged = Buffer.from(XZ);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(refusal(unpackXz, damaged)).not.toBe('');
    }
  });
});

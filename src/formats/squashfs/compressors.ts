import { unpackLz4Block } from '../compression/lz4-block';
import { unpackLzmaAlone } from '../compression/lzma-alone';
import { unpackLzo1x } from '../compression/lzo1x';
import { unpackXz } from '../compression/xz';
import { unpackZlib } from '../compression/zlib';
import { loadZstd } from '../compression/zstd';

/** Unpacks one block; a FormatError without a place when it is damaged or unpacks to more than `maxBytes`. */
export type Unpack = (packed: Buffer, maxBytes: number) => Buffer;

export type CompressorName = 'gzip' | 'lzma' | 'lzo' | 'xz' | 'lz4' | 'zstd';

/** By the number in the superblock, which counts from 1. */
const NAMES: readonly CompressorName[] = ['gzip', 'lzma', 'lzo', 'xz', 'lz4', 'zstd'];

const UNPACK: Record<Exclude<CompressorName, 'zstd'>, Unpack> = {
  gzip: unpackZlib,
  lzma: unpackLzmaAlone,
  lzo: unpackLzo1x,
  xz: unpackXz,
  lz4: unpackLz4Block,
};

export function compressorName(id: number): CompressorName | undefined {
  return NAMES[id - 1];
}

export async function loadUnpack(name: CompressorName): Promise<Unpack> {
  return name === 'zstd' ? loadZstd() : UNPACK[name];
}

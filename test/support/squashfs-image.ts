import { crc32, deflateSync } from 'node:zlib';

/** What a hand-made squashfs holds, and how. */
export interface SquashfsPlan {
  readonly files: readonly SquashfsFile[];
  /** 1 to 6: gzip, lzma, lzo, xz, lz4, zstd. */
  readonly compressorId?: number;
  /** Packs what is to be compressed; without it everything is stored. */
  readonly pack?: (bytes: Buffer) => Buffer;
  /** Packs metadata only, in place of `pack`. */
  readonly packMetadata?: ((bytes: Buffer) => Buffer) | 'stored';
  readonly blockBytes?: number;
  /** Put into blocks of their own instead of a shared one. */
  readonly withoutFragments?: boolean;
}

/** A file of the root folder, in the order in which it shall be listed. */
export interface SquashfsFile {
  readonly name: string;
  readonly content: Buffer;
  /** Default 2, a regular file. */
  readonly type?: number;
}

const SUPERBLOCK_BYTES = 96;
const NONE = 0xffffffff;
const METADATA_STORED = 0x8000;
const DATA_STORED = 0x1000000;

/** A squashfs with one block of metadata per table, so that tests can damage each part of it. */
export function squashfsImage(plan: SquashfsPlan): Buffer {
  const { files, pack, packMetadata = pack, blockBytes = 131_072 } = plan;
  const parts: Buffer[] = [Buffer.alloc(SUPERBLOCK_BYTES)];
  let at = SUPERBLOCK_BYTES;
  const append = (bytes: Buffer): number => {
    parts.push(bytes);
    at += bytes.length;
    return at - bytes.length;
  };
  const metadata = (bytes: Buffer): Buffer => {
    const packed = packMetadata === 'stored' ? undefined : packMetadata?.(bytes);
    const body = packed ?? bytes;
    return Buffer.concat([u16(body.length | (packed ? 0 : METADATA_STORED)), body]);
  };
  const data = (bytes: Buffer): { at: number; size: number } => {
    const packed = pack?.(bytes);
    return { at: append(packed ?? bytes), size: packed ? packed.length : bytes.length | DATA_STORED };
  };
  const shared: Buffer[] = [];
  let sharedBytes = 0;
  const inodes: Buffer[] = [];
  const places: number[] = [];
  let inodeBytes = 0;
  for (const [index, { content, type = 2 }] of files.entries()) {
    const tail = plan.withoutFragments ? 0 : content.length % blockBytes;
    const blocks: { at: number; size: number }[] = [];
    for (let from = 0; from < content.length - tail; from += blockBytes) {
      blocks.push(data(content.subarray(from, Math.min(from + blockBytes, content.length - tail))));
    }
    const inode = Buffer.concat([
      ...[u16(type), u16(0o644), u16(0), u16(0), u32(0), u32(index + 2)],
      ...[u32(blocks[0]?.at ?? 0), u32(tail > 0 ? 0 : NONE), u32(sharedBytes), u32(content.length)],
      ...blocks.map(({ size }) => u32(size)),
    ]);
    if (tail > 0) shared.push(content.subarray(content.length - tail));
    sharedBytes += tail;
    places.push(inodeBytes);
    inodeBytes += inode.length;
    inodes.push(inode);
  }
  const fragment = sharedBytes > 0 ? data(Buffer.concat(shared)) : undefined;
  const listing = listingOf(files, places);
  const root = Buffer.concat([
    ...[u16(1), u16(0o755), u16(0), u16(0), u32(0), u32(1)],
    ...[u32(0), u32(2), u16(listing.length + 3), u16(0), u32(files.length + 2)],
  ]);
  const inodeTable = append(metadata(Buffer.concat([...inodes, root])));
  const directoryTable = append(metadata(listing.length > 0 ? listing : Buffer.alloc(1)));
  const fragmentBlock = append(
    metadata(Buffer.concat([u64(fragment?.at ?? 0), u32(fragment?.size ?? 0), u32(0)])),
  );
  const fragmentTable = append(u64(fragmentBlock));
  const idTable = append(u64(append(metadata(u32(0)))));
  const image = Buffer.concat(parts);
  Buffer.concat([
    ...[Buffer.from('hsqs'), u32(files.length + 1), u32(0), u32(blockBytes), u32(fragment ? 1 : 0)],
    ...[u16(plan.compressorId ?? 1), u16(Math.log2(blockBytes)), u16(0), u16(1), u16(4), u16(0)],
    ...[u64(inodeBytes), u64(image.length), u64(idTable), u64(-1), u64(inodeTable), u64(directoryTable)],
    ...[u64(fragmentTable), u64(-1)],
  ]).copy(image);
  return image;
}

function listingOf(files: readonly SquashfsFile[], places: readonly number[]): Buffer {
  if (files.length === 0) return Buffer.alloc(0);
  return Buffer.concat([
    ...[u32(files.length - 1), u32(0), u32(2)],
    ...files.flatMap(({ name, type = 2 }, index) => [
      ...[u16(places[index] ?? 0), u16(0), u16(type), u16(Buffer.byteLength(name) - 1)],
      Buffer.from(name),
    ]),
  ]);
}

/** Packing methods that need no compressor: by their number in the superblock. */
export const PACKERS: Readonly<Record<number, (bytes: Buffer) => Buffer>> = {
  1: (bytes) => deflateSync(bytes),
  3: lzoLiterals,
  4: storedXz,
  5: lz4Literals,
  6: storedZstd,
};

function lzoLiterals(bytes: Buffer): Buffer {
  const end = Buffer.from([0x11, 0, 0]);
  if (bytes.length < 4) return Buffer.concat([Buffer.from([17 + bytes.length]), bytes, end]);
  const rest = bytes.length - 18;
  if (rest <= 0) return Buffer.concat([Buffer.from([bytes.length - 3]), bytes, end]);
  const zeros = Math.floor((rest - 1) / 255);
  return Buffer.concat([
    Buffer.from([0]),
    Buffer.alloc(zeros),
    Buffer.from([rest - zeros * 255]),
    bytes,
    end,
  ]);
}

function lz4Literals(bytes: Buffer): Buffer {
  if (bytes.length < 15) return Buffer.concat([Buffer.from([bytes.length << 4]), bytes]);
  const rest = bytes.length - 15;
  const full = Math.floor(rest / 255);
  return Buffer.concat([Buffer.from([0xf0]), Buffer.alloc(full, 255), Buffer.from([rest % 255]), bytes]);
}

/** An xz stream of one block of stored LZMA2 chunks, with CRC32; without the index that ends real ones. */
function storedXz(bytes: Buffer): Buffer {
  const flags = Buffer.from([0, 1]);
  const header = Buffer.from([2, 0, 0x21, 1, 0x16, 0, 0, 0]);
  const chunks: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += 65_536) {
    const chunk = bytes.subarray(from, from + 65_536);
    const size = Buffer.from([from === 0 ? 1 : 2, (chunk.length - 1) >> 8, (chunk.length - 1) & 255]);
    chunks.push(size, chunk);
  }
  const body = Buffer.concat([...chunks, Buffer.alloc(1)]);
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  return Buffer.concat([
    ...[Buffer.from('fd377a585a00', 'hex'), flags, u32(crc32(flags)), header, u32(crc32(header))],
    ...[body, padding, u32(crc32(bytes)), Buffer.alloc(1)],
  ]);
}

/** A zstd frame of one raw block. */
function storedZstd(bytes: Buffer): Buffer {
  const block = Buffer.alloc(3);
  block.writeUIntLE((bytes.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from('28b52ffda0', 'hex'), u32(bytes.length), block, bytes]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** `-1` for all ones. */
export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

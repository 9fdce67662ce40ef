import { FormatError, quoted } from '../format.error';
import { compressorName, type CompressorName } from './compressors';

const MAGIC = 'hsqs';
export const SUPERBLOCK_BYTES = 96;
const SMALLEST_BLOCK = 4096;
const LARGEST_BLOCK = 1024 * 1024;
/** In place of a table's position: there is none. */
const NO_TABLE = 0xffffffffffffffffn;
const DAMAGED = 'The file is damaged: build it again, or send it again.';

/** Where a metadata block begins, and where in it something lies. */
export interface MetadataPlace {
  readonly blockAt: number;
  readonly offset: number;
}

/** The first bytes of a squashfs 4.0 (kernel documentation, "Squashfs 4.0 filesystem"), as far as a look-up needs them. */
export interface Superblock {
  readonly compressor: CompressorName;
  readonly blockBytes: number;
  /** Bytes of the image; padding may follow. */
  readonly imageBytes: number;
  readonly fragments: number;
  readonly rootInode: MetadataPlace;
  readonly inodeTableAt: number;
  readonly directoryTableAt: number;
  /** Missing where the image has no fragments. */
  readonly fragmentTableAt?: number;
}

/** Whether a file may be a squashfs image, from its first four bytes. */
export function hasSquashfsMagic(firstBytes: Buffer): boolean {
  return firstBytes.subarray(0, MAGIC.length).toString('latin1') === MAGIC;
}

/**
 * @param bytes the first 96 of the image
 * @param availableBytes how many bytes the image can have at most
 * @throws FormatError for what is no squashfs 4.0, and for an image that is larger than what there is
 */
export function parseSuperblock(bytes: Buffer, availableBytes: number): Superblock {
  requireMagic(bytes);
  const version = `${bytes.readUInt16LE(28)}.${bytes.readUInt16LE(30)}`;
  if (version !== '4.0')
    throw fault(`it is a squashfs ${version}; devices read 4.0 only. Build it anew.`, 28);
  const compressorId = bytes.readUInt16LE(20);
  const compressor = compressorName(compressorId);
  if (!compressor)
    throw fault(`it is compressed by method ${compressorId}; 1 to 6 are known. ${DAMAGED}`, 20);
  const imageBytes = position(bytes, 40);
  if (imageBytes > availableBytes) {
    throw fault(
      `the squashfs claims ${imageBytes} bytes, but there are ${availableBytes} at most. ` +
        'The file is cut short or damaged: build it again, or send it again.',
      40,
    );
  }
  const root = bytes.readBigUInt64LE(32);
  const fragments = bytes.readUInt32LE(16);
  return {
    compressor,
    blockBytes: blockBytes(bytes),
    imageBytes,
    fragments,
    inodeTableAt: tablePosition(bytes, 64, imageBytes),
    directoryTableAt: tablePosition(bytes, 72, imageBytes),
    ...(bytes.readBigUInt64LE(80) !== NO_TABLE && { fragmentTableAt: tablePosition(bytes, 80, imageBytes) }),
    rootInode: {
      blockAt: tablePosition(bytes, 64, imageBytes) + Number(root >> 16n),
      offset: Number(root & 0xffffn),
    },
  };
}

function requireMagic(bytes: Buffer): void {
  if (bytes.length < SUPERBLOCK_BYTES)
    throw fault(`${bytes.length} bytes are no squashfs image. ${DAMAGED}`, 0);
  if (!hasSquashfsMagic(bytes)) {
    const found = quoted(bytes.subarray(0, MAGIC.length).toString('latin1'));
    throw fault(`a squashfs image begins with "hsqs", but ${found} stands here. ${DAMAGED}`, 0);
  }
}

function blockBytes(bytes: Buffer): number {
  const size = bytes.readUInt32LE(12);
  if (size < SMALLEST_BLOCK || size > LARGEST_BLOCK || size !== 2 ** bytes.readUInt16LE(22)) {
    throw fault(
      `blocks of ${size} bytes are declared; powers of two from 4096 to 1048576 are possible. ${DAMAGED}`,
      12,
    );
  }
  return size;
}

function tablePosition(bytes: Buffer, offset: number, imageBytes: number): number {
  const at = position(bytes, offset);
  if (at < SUPERBLOCK_BYTES || at >= imageBytes) {
    throw fault(`a table is said to begin at byte ${at} of ${imageBytes}. ${DAMAGED}`, offset);
  }
  return at;
}

/** Larger numbers than these lie outside of any file, and lose digits. */
function position(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

function fault(reason: string, offset: number): FormatError {
  return new FormatError(reason, { offset });
}

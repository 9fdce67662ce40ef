import { crc32 } from 'node:zlib';
import { FormatError } from '../format.error';
import { BRANCH_FILTERS, type BranchFilter } from './branch-filters';
import { unpackLzma2 } from './lzma2';

const MAGIC = Buffer.from('fd377a585a00', 'hex');
const STREAM_HEADER_BYTES = 12;
const LZMA2_FILTER = 0x21;
const CHECK_NONE = 0;
const CHECK_CRC32 = 1;

/**
 * Unpacks an .xz stream as squashfs stores it (xz-file-format.txt): LZMA2, perhaps with a filter for machine
 * code, and CRC32 or no check, which is all that the kernel's reader knows as well. The index behind the blocks is not
 * looked at.
 * @param maxBytes the most it may unpack to
 * @throws FormatError, without a place, when it is damaged, unpacks to more, or uses what devices cannot read
 */
export function unpackXz(packed: Buffer, maxBytes: number): Buffer {
  const check = checkOf(packed);
  const blocks: Buffer[] = [];
  let [at, filled] = [STREAM_HEADER_BYTES, 0];
  for (;;) {
    const indicator = packed[at];
    if (indicator === undefined) throw cutShort();
    if (indicator === 0) return Buffer.concat(blocks);
    const headerBytes = (indicator + 1) * 4;
    const undoFilter = branchFilter(blockHeader(packed, at, headerBytes));
    at += headerBytes;
    const { bytes, length } = unpackLzma2(packed.subarray(at), maxBytes - filled);
    undoFilter(bytes);
    at = skipPadding(packed, at + length, (4 - (length % 4)) % 4);
    if (check === CHECK_CRC32) {
      requireCrc(bytes, packed, at);
      at += 4;
    }
    blocks.push(bytes);
    filled += bytes.length;
  }
}

function checkOf(packed: Buffer): number {
  if (packed.length < STREAM_HEADER_BYTES) throw cutShort();
  if (!packed.subarray(0, MAGIC.length).equals(MAGIC)) throw new FormatError('no xz stream is there.');
  requireCrc(packed.subarray(6, 8), packed, 8);
  const check = packed.readUInt16BE(6);
  if (check !== CHECK_NONE && check !== CHECK_CRC32) {
    throw new FormatError(`the xz stream has a check of kind ${check}; squashfs knows CRC32 only.`);
  }
  return check;
}

function blockHeader(packed: Buffer, at: number, length: number): Buffer {
  if (length > packed.length - at) throw cutShort();
  const header = packed.subarray(at, at + length - 4);
  requireCrc(header, packed, at + length - 4);
  return header;
}

/**
 * What undoes the filter in front of LZMA2, if there is one. The sizes that may stand before the filters say nothing
 * that the chunks do not.
 */
function branchFilter(header: Buffer): BranchFilter {
  const flags = header[1] ?? 0;
  const at = filtersAt(header, flags);
  const id = header[at] ?? 0;
  const more = flags & 0x3f;
  if (more === 0 && id === LZMA2_FILTER) return () => undefined;
  // A property would move the addresses, which the kernel refuses too.
  const isPlain = header[at + 1] === 0 && header[at + 2] === LZMA2_FILTER;
  const undo = isPlain ? BRANCH_FILTERS.get(id) : undefined;
  if (more === 1 && undo) return undo;
  throw new FormatError(`the xz stream uses filters that squashfs does not know, the first of id ${id}.`);
}

function filtersAt(header: Buffer, flags: number): number {
  let at = 2;
  for (const flag of [0x40, 0x80]) {
    if ((flags & flag) === 0) continue;
    while (((header[at++] ?? 0) & 0x80) !== 0);
  }
  return at;
}

function skipPadding(packed: Buffer, at: number, length: number): number {
  const padding = packed.subarray(at, at + length);
  if (padding.some((byte) => byte !== 0)) throw new FormatError('the padding of the xz stream is damaged.');
  return at + length;
}

function requireCrc(bytes: Buffer, packed: Buffer, at: number): void {
  if (at + 4 > packed.length) throw cutShort();
  if (crc32(bytes) !== packed.readUInt32LE(at))
    throw new FormatError('the checksum of the xz stream is wrong.');
}

function cutShort(): FormatError {
  return new FormatError('the xz stream is cut short.');
}

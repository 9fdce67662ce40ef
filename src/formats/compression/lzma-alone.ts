import { FormatError } from '../format.error';
import { LzmaDecoder } from './lzma.decoder';

const HEADER_BYTES = 13;
/** In place of a size: the stream says by a mark where it ends. */
const UNKNOWN_SIZE = 0xffffffffffffffffn;

/**
 * Unpacks an LZMA stream with the old header of 13 bytes (`.lzma`), as squashfs stores it.
 * @param maxBytes the most it may unpack to; nothing else decides over memory, whatever dictionary is asked for
 * @throws FormatError, without a place, when it is damaged or unpacks to more
 */
export function unpackLzmaAlone(packed: Buffer, maxBytes: number): Buffer {
  if (packed.length < HEADER_BYTES) throw new FormatError('the LZMA stream is cut short.');
  const size = packed.readBigUInt64LE(5);
  const isSizeKnown = size !== UNKNOWN_SIZE;
  if (isSizeKnown && size > BigInt(maxBytes)) {
    throw new FormatError(`the LZMA stream claims ${size} bytes; it may have ${maxBytes}.`);
  }
  const output = Buffer.alloc(isSizeKnown ? Number(size) : maxBytes);
  const decoder = new LzmaDecoder(output);
  decoder.setProperties(packed[0] ?? 0);
  const { endMark } = decoder.unpack(packed.subarray(HEADER_BYTES), output.length);
  if (isSizeKnown ? decoder.filled !== output.length : !endMark && !decoder.hasEndMark()) {
    throw new FormatError('the LZMA stream does not end where it says.');
  }
  return output.subarray(0, decoder.filled);
}

import { FormatError } from '../format.error';
import { copyWithin } from './match';

const SHORTEST_MATCH = 4;
/** A length of this value in the token goes on in the bytes that follow. */
const GOES_ON = 15;

/**
 * Unpacks one block of LZ4 (lz4_Block_format.md), as squashfs stores it: without frame, checksum or size.
 * @param maxBytes the most it may unpack to
 * @throws FormatError, without a place, when it is damaged or unpacks to more
 */
export function unpackLz4Block(packed: Buffer, maxBytes: number): Buffer {
  const output = Buffer.alloc(maxBytes);
  let [at, filled] = [0, 0];
  const length = (nibble: number): number => {
    let total = nibble;
    for (let byte = nibble === GOES_ON ? 255 : 0; byte === 255; total += byte) byte = next();
    return total;
  };
  const next = (): number => {
    const byte = packed[at++];
    if (byte === undefined) throw new FormatError('the LZ4 block is cut short.');
    return byte;
  };
  for (;;) {
    const token = next();
    const literals = length(token >> 4);
    if (literals > packed.length - at) throw new FormatError('the LZ4 block is cut short.');
    if (literals > maxBytes - filled) throw tooLong(maxBytes);
    filled += packed.copy(output, filled, at, at + literals);
    at += literals;
    if (at === packed.length) return output.subarray(0, filled);
    const distance = next() | (next() << 8);
    const matched = length(token & GOES_ON) + SHORTEST_MATCH;
    filled = copyWithin(output, { filled, distance, length: matched }, 'LZ4');
  }
}

function tooLong(maxBytes: number): FormatError {
  return new FormatError(`the LZ4 block unpacks to more than the ${maxBytes} bytes it may have.`);
}

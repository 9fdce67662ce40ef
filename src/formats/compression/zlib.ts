import { inflateSync } from 'node:zlib';
import { FormatError } from '../format.error';

/**
 * Unpacks a zlib stream, which squashfs calls gzip.
 * @param maxBytes the most it may unpack to
 * @throws FormatError, without a place, when it is damaged or unpacks to more
 */
export function unpackZlib(packed: Buffer, maxBytes: number): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: maxBytes });
  } catch {
    throw new FormatError(
      `the zlib stream is damaged, or unpacks to more than the ${maxBytes} bytes it may have.`,
    );
  }
}

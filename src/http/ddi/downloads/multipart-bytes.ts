import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobOutlet } from '../../../platform/storage/blob-outlet';
import { exactly } from '../../../platform/storage/exactly';
import type { ByteRange } from './byte-range';

const BOUNDARY = 'THIS_STRING_SEPARATES_MULTIPART';

/**
 * SWUpdate's delta handler reads this header as three words parted by spaces, and takes for the boundary what stands behind
 * the `=`: so one space after the semicolon, no quotes, no `=` in the boundary. It has no way on from any other answer.
 */
export const MULTIPART_TYPE = `multipart/byteranges; boundary=${BOUNDARY}`;

/**
 * Several parts of a file in hawkBit's framing, byte by byte: nothing before the first boundary, nothing behind the last
 * (contract 1.5). `first` is the first part, open already; each other is opened when its turn comes, so that never more than
 * one is. A part that is not all there ends it with an error. Who takes this up reads it to its end or closes it.
 */
export async function* multipartBytes(
  first: Readable,
  ranges: readonly ByteRange[],
  sizeBytes: number,
  open: (range: ByteRange) => Promise<Readable>,
): AsyncGenerator<Buffer> {
  for (const [index, range] of ranges.entries()) {
    const { start, endInclusive } = range;
    yield Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${BOUNDARY}\r\nContent-Type: application/octet-stream\r\n` +
        `Content-Range: bytes ${start}-${endInclusive}/${sizeBytes}\r\n\r\n`,
    );
    const part = (index === 0 ? first : await open(range)) as AsyncIterable<Buffer>;
    yield* exactly(part, endInclusive - start + 1);
  }
  yield Buffer.from(`\r\n--${BOUNDARY}--`);
}

/** {@link multipartBytes} on their way out. */
export function multipartOutlet(
  ...[first, ranges, sizeBytes, open]: Parameters<typeof multipartBytes>
): BlobOutlet {
  return {
    pourInto: (sink) =>
      pipeline(multipartBytes(first, ranges, sizeBytes, open), sink).finally(() => first.destroy()),
    close: () => {
      first.destroy();
      return Promise.resolve();
    },
  };
}

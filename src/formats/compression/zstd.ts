import type { ZSTDDecoder } from 'zstddec' with { 'resolution-mode': 'import' };
import { FormatError } from '../format.error';

let loaded: Promise<ZSTDDecoder> | undefined;

/**
 * The decoder of zstd, which is WebAssembly and so has to be loaded before its first use. Its output goes into a
 * buffer of the size it is given, never a larger one.
 */
export async function loadZstd(): Promise<(packed: Buffer, maxBytes: number) => Buffer> {
  loaded ??= load();
  const decoder = await loaded;
  return (packed, maxBytes) => unpack(decoder, packed, maxBytes);
}

async function load(): Promise<ZSTDDecoder> {
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return decoder;
}

/** What is damaged or does not fit comes back from the decoder as nothing. */
function unpack(decoder: ZSTDDecoder, packed: Buffer, maxBytes: number): Buffer {
  const bytes = decoder.decode(packed, maxBytes);
  if (bytes.length === 0 || bytes.length > maxBytes) {
    throw new FormatError(
      `the zstd frame is damaged, or unpacks to more than the ${maxBytes} bytes it may have.`,
    );
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

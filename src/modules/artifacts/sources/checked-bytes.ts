import { createHash } from 'node:crypto';
import { BytesDamagedError } from '../artifacts.errors';

/**
 * Keeps the last piece back until all bytes proved to be the right ones: who gets the file whole gets this file, and from
 * another one never all of it.
 */
export async function* proven(
  source: AsyncIterable<Buffer>,
  sha256: string,
  onWrong: () => Promise<void>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  for await (const chunk of source) {
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (hash.digest('hex') !== sha256) {
    await onWrong();
    throw new BytesDamagedError(sha256);
  }
  if (held !== undefined) yield held;
}

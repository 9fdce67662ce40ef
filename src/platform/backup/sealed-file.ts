import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno, writeFully } from '../storage/durable-files';
import { BackupError } from './backup.errors';
import type { Fingerprint } from './manifest';

/** Writes a new file, on disk when this resolves (its name once {@link syncTree} has been there), one chunk at a time. */
export async function writeSealed(path: string, source: AsyncIterable<Buffer>): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of source) {
      const written = writeFully(file, chunk);
      hash.update(chunk);
      sizeBytes += chunk.length;
      await written;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** Reads a file once. @throws BackupError when it is not what was written. */
export async function verify(path: string, expected: Fingerprint): Promise<void> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) throw new BackupError(`${path} is missing.`);
    throw error;
  }
  if (sizeBytes !== expected.sizeBytes)
    throw new BackupError(`${path} is damaged: it has ${sizeBytes} bytes instead of ${expected.sizeBytes}.`);
  if (hash.digest('hex') !== expected.sha256)
    throw new BackupError(`${path} is damaged: its sha256 is not ${expected.sha256}.`);
}

/** Makes the names of all files below a folder durable. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}

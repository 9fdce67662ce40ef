import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFile } from '../storage/durable-files';
import { BackupError } from './backup.errors';
import { SECRET_KEY } from '../secrets/secret-key';
import type { Fingerprint, Manifest } from './manifest';
import { writeSealed } from './sealed-file';

/** Puts the server's key beside the rest of a backup. */
export async function copySecretKey(folder: string, keyFile: string): Promise<Fingerprint> {
  const key = await findFile(keyFile);
  if (key === undefined) throw new BackupError(`There is no ${keyFile}: is it set by ROOKERY_SECRET_KEY?`);
  return writeSealed(join(folder, SECRET_KEY), one(key));
}

/** Brings the key back if the backup has one. Another one that is there already stays, and the restore is refused. */
export async function restoreSecretKey(folder: string, manifest: Manifest, dataDir: string): Promise<void> {
  if (manifest.secretKey === undefined) return;
  const key = await readFile(join(folder, SECRET_KEY));
  const path = join(dataDir, SECRET_KEY);
  const present = await findFile(path);
  if (present?.equals(key) === true) return;
  if (present !== undefined)
    throw new BackupError(`${path} is another key than the one in the backup. Move it away.`);
  await mkdir(dataDir, { recursive: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(key);
    await file.sync();
  } finally {
    await file.close();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a source of bytes is asynchronous
async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

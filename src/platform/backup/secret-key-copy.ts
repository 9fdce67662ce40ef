import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config/settings';
import { SECRET_KEY } from '../secrets/secret-key';
import { findFile } from '../storage/durable-files';
import { BackupError } from './backup.errors';
import type { Fingerprint, Manifest } from './manifest';
import { writeSealed } from './sealed-file';

/** Where the server's key lies. @throws BackupError when it was set: a file that lies there as well is not the key. */
export function keyFileOf({ dataDir, secretKey }: Pick<Settings, 'dataDir' | 'secretKey'>): string {
  if (secretKey !== undefined)
    throw new BackupError('The key is set by ROOKERY_SECRET_KEY: keep it as you keep that.');
  return join(dataDir, SECRET_KEY);
}

/** Puts the server's key beside the rest of a backup. */
export async function copySecretKey(folder: string, keyFile: string): Promise<Fingerprint> {
  const key = await findFile(keyFile);
  if (key === undefined) throw new BackupError(`There is no ${keyFile}: the server has sealed nothing yet.`);
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
  // Whole or not at all: half a key would be another one to the next try.
  const draft = `${path}.${randomUUID()}`;
  await writeSealed(draft, one(key));
  await rename(draft, path);
}

// eslint-disable-next-line @typescript-eslint/require-await -- a source of bytes is asynchronous
async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

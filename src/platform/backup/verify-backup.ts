import { join } from 'node:path';
import { BackupError } from './backup.errors';
import { listedBlobs } from './blobs/blob-list';
import { verifyBlobs } from './blobs/blobs-in';
import { BLOB_LIST, readManifest, tableFile, type Manifest } from './manifest';
import { SECRET_KEY } from '../secrets/secret-key';
import { verify } from './sealed-file';

/** Reads all of a backup and changes nothing. @throws BackupError when anything is not as it was written. */
export async function verifyBackup(folder: string, knownSchema: readonly string[]): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const unknown = manifest.schema.filter((name) => !knownSchema.includes(name));
  if (unknown.length > 0)
    throw new BackupError(
      `${folder} was made by a newer Rookery (schema ${unknown.join(', ')}). Restore it with that one, or a later one.`,
    );
  for (const table of manifest.tables) await verify(join(folder, tableFile(table.name)), table);
  await verify(join(folder, BLOB_LIST), manifest.blobs);
  if (manifest.secretKey !== undefined) await verify(join(folder, SECRET_KEY), manifest.secretKey);
  let count = 0;
  for await (const blob of listedBlobs(folder)) count += blob.sizeBytes >= 0 ? 1 : 0;
  if (count !== manifest.blobs.count)
    throw new BackupError(`${folder} lists ${count} files instead of ${manifest.blobs.count}.`);
  await verifyBlobs(folder);
  return manifest;
}

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BlobStore } from '../../storage/blob-store';
import { BlobMissingError } from '../../storage/storage.errors';
import { BackupError } from '../backup.errors';
import { blobFile, listedBlobs, type ListedBlob } from './blob-list';
import { inLanes } from './lanes';
import { writeSealed } from '../sealed-file';

/** Each in flat memory; a bucket far away is not waited for file by file. */
const AT_A_TIME = 4;

const ADVICE =
  'Upload the file again, or delete the release. Once the server itself has found out (ROOKERY_SCRUB_RATE), backups go on without it.';

/** Copies every file of the backup's list out of the store, hashing on the way. */
export async function copyBlobsOut(
  store: BlobStore,
  folder: string,
): Promise<{ count: number; totalBytes: number }> {
  let [count, totalBytes] = [0, 0];
  await inLanes(listedBlobs(folder), AT_A_TIME, async (blob) => {
    await copyOut(store, folder, blob);
    count += 1;
    totalBytes += blob.sizeBytes;
  });
  return { count, totalBytes };
}

async function copyOut(store: BlobStore, folder: string, blob: ListedBlob): Promise<void> {
  const path = blobFile(folder, blob);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const name = `The stored file ${blob.sha256} of tenant ${blob.tenantId}`;
  const source = await store.open(blob.tenantId, blob.sha256).catch((error: unknown) => {
    if (error instanceof BlobMissingError) throw new BackupError(`${name} is missing. ${ADVICE}`);
    throw error;
  });
  const { sha256, sizeBytes } = await writeSealed(path, readable(source, name));
  if (sha256 !== blob.sha256 || sizeBytes !== blob.sizeBytes)
    throw new BackupError(`${name} is damaged: its bytes have the sha256 ${sha256}. ${ADVICE}`);
}

/** What fails while it is read says which file that is; what fails in writing does not come by here. */
async function* readable(source: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw new BackupError(`${name} cannot be read (${String(error)}). ${ADVICE}`, { cause: error });
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

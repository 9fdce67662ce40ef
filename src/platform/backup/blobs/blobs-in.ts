import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BlobStore } from '../../storage/blob-store';
import { BackupError } from '../backup.errors';
import { blobFile, listedBlobs } from './blob-list';
import { inLanes } from './lanes';
import { verify } from '../sealed-file';

const AT_A_TIME = 4;

/** Reads every file of the backup. @throws BackupError when one is not what its name says. */
export async function verifyBlobs(folder: string): Promise<void> {
  await inLanes(listedBlobs(folder), AT_A_TIME, (blob) => verify(blobFile(folder, blob), blob));
}

/** A store may hold what an interrupted restore of the same backup left there, and nothing else. */
export async function refuseForeignBlobs(store: BlobStore, folder: string): Promise<void> {
  for await (const blob of store.list()) {
    const isOurs = await stat(blobFile(folder, blob)).then(
      () => true,
      () => false,
    );
    if (!isOurs)
      throw new BackupError(
        `The artifact storage is not empty: it holds ${blob.sha256} of tenant ${blob.tenantId}, which is not in the backup. ` +
          'Restore into an empty data folder or an empty bucket (or another ROOKERY_S3_PREFIX).',
      );
  }
}

/** Puts every file of the backup into the store, hashed once more on the way. No row names them yet. */
export async function copyBlobsIn(store: BlobStore, folder: string): Promise<void> {
  await inLanes(listedBlobs(folder), AT_A_TIME, async (blob) => {
    const { tenantId, sha256, sizeBytes } = blob;
    const source = createReadStream(blobFile(folder, blob), { highWaterMark: 256 * 1024 });
    const staged = await store.stage(tenantId, source, { maxBytes: sizeBytes });
    try {
      if (staged.digest.sha256 !== sha256)
        throw new BackupError(`${blobFile(folder, blob)} was damaged while it was restored.`);
      await store.prepare(tenantId, staged);
      await store.promote(tenantId, staged);
    } finally {
      await staged.discard();
    }
  });
}

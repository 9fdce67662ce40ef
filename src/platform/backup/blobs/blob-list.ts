import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredBlob } from '../../storage/blob-store';
import { blobKey } from '../../storage/blob-key';
import { BLOB_LIST } from '../manifest';

/** A stored file that the rows of a backup name. */
export interface ListedBlob extends StoredBlob {
  readonly sizeBytes: number;
}

/** The files that a backup holds, read line by line: there may be many. */
export async function* listedBlobs(folder: string): AsyncGenerator<ListedBlob> {
  const lines = createInterface({ input: createReadStream(join(folder, BLOB_LIST)) });
  for await (const line of lines) {
    const [tenantId = '', sha256 = '', sizeBytes = ''] = line.split('\t');
    yield { tenantId, sha256, sizeBytes: Number(sizeBytes) };
  }
}

/** @throws InvalidBlobKeyError */
export function blobFile(folder: string, { tenantId, sha256 }: StoredBlob): string {
  return join(folder, 'blobs', blobKey(tenantId, sha256));
}

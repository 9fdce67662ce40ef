import { join } from 'node:path';
import type { Clock } from '../clock/clock';
import type { Settings } from '../config/settings';
import type { BlobStore } from './blob-store';
import { FilesystemBlobStore } from './filesystem-blob-store';
import { S3BlobStore } from './s3/s3-blob-store';
import { s3OptionsOf } from './s3/bucket/s3-options';

/** The store that the settings ask for. */
export function chooseBlobStore(settings: Settings, clock: Clock): BlobStore {
  if (settings.storage === 's3') return new S3BlobStore(s3OptionsOf(settings), clock);
  return new FilesystemBlobStore(join(settings.dataDir, 'artifacts'), clock);
}

import type { BlobDigest, StagedBlob } from '../../platform/storage/blob-store';
import type { Source } from './source';

/** Bytes that were read once and stay where they are. */
export class LinkedBlob implements StagedBlob {
  constructor(
    readonly digest: BlobDigest,
    readonly source: Source,
  ) {}

  /** Nothing was stored. */
  discard(): Promise<void> {
    return Promise.resolve();
  }
}

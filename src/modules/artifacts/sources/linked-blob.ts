import type { BlobDigest, StagedBlob } from '../../../platform/storage/blob-store';
import type { Source } from './source';

/** Bytes that were read once and stay where they are. */
export class LinkedBlob implements StagedBlob {
  constructor(
    readonly digest: BlobDigest,
    readonly source: Source,
    private readonly part: (offset: number, length: number) => Promise<Buffer>,
  ) {}

  /** From where they are, if the file there is still the same. */
  async read(offset: number, length: number): Promise<Buffer> {
    return length === 0 ? Buffer.alloc(0) : this.part(offset, length);
  }

  /** Nothing was stored. */
  discard(): Promise<void> {
    return Promise.resolve();
  }
}

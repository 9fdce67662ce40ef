import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { BlobDigest } from './blob-store';

/** One pass over the bytes that computes every digest a client may ask for, so that nothing is ever read again. */
export class DigestingPass {
  private readonly sha256 = createHash('sha256');
  private readonly sha1 = createHash('sha1');
  private readonly md5 = createHash('md5');
  private crc = 0;
  private size = 0;

  get sizeBytes(): number {
    return this.size;
  }

  update(chunk: Buffer): void {
    this.sha256.update(chunk);
    this.sha1.update(chunk);
    this.md5.update(chunk);
    this.crc = crc32(chunk, this.crc);
    this.size += chunk.length;
  }

  /** Ends the pass; it takes no bytes afterwards. */
  digest(): BlobDigest {
    return {
      sha256: this.sha256.digest('hex'),
      sha1: this.sha1.digest('hex'),
      md5: this.md5.digest('hex'),
      crc32: this.crc.toString(16).padStart(8, '0'),
      sizeBytes: this.size,
    };
  }
}

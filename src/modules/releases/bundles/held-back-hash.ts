import { createHash, type Hash } from 'node:crypto';

/**
 * SHA-256 over a file without its end, of which nobody knows how long it is before it is there: what may belong to it is held
 * back, and hashed once the end has told.
 */
export class HeldBackHash {
  private readonly hash: Hash = createHash('sha256');
  private held: Buffer[] = [];
  private heldBytes = 0;
  private hashedBytes = 0;

  /** @param mostHeldBytes longer than this no end can be */
  constructor(private readonly mostHeldBytes: number) {}

  write(chunk: Buffer): void {
    this.held.push(Buffer.from(chunk));
    this.heldBytes += chunk.length;
    let first = this.held[0];
    while (first !== undefined && this.heldBytes - first.length >= this.mostHeldBytes) {
      this.hash.update(first);
      this.hashedBytes += first.length;
      this.heldBytes -= first.length;
      this.held.shift();
      first = this.held[0];
    }
  }

  /** The digest of so many first bytes; undefined when more than those were hashed already. */
  digestOf(contentBytes: number): Buffer | undefined {
    const missing = contentBytes - this.hashedBytes;
    const rest = Buffer.concat(this.held);
    if (missing < 0 || missing > rest.length) return undefined;
    return this.hash.copy().update(rest.subarray(0, missing)).digest();
  }
}

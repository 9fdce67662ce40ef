import { createHash, type Hash } from 'node:crypto';

/**
 * SHA-256 over a file without its end, of which nobody knows how long it is before it is there: what may belong to it is held
 * back, and hashed once the end has told.
 */
export class HeldBackHash {
  private readonly hash: Hash = createHash('sha256');
  private held = Buffer.alloc(0);
  private heldBytes = 0;
  private hashedBytes = 0;

  /** @param mostHeldBytes longer than this no end can be */
  constructor(private readonly mostHeldBytes: number) {}

  /** Takes the next bytes; the caller may use the buffer again. */
  write(chunk: Buffer): void {
    if (this.held.length === 0) this.held = Buffer.alloc(2 * this.mostHeldBytes);
    for (let at = 0; at < chunk.length;) {
      if (this.heldBytes === this.held.length) this.letGo();
      const taken = chunk.copy(this.held, this.heldBytes, at);
      this.heldBytes += taken;
      at += taken;
    }
  }

  /** The digest of so many first bytes; undefined when more than those were hashed already. */
  digestOf(contentBytes: number): Buffer | undefined {
    const missing = contentBytes - this.hashedBytes;
    if (missing < 0 || missing > this.heldBytes) return undefined;
    return this.hash.copy().update(this.held.subarray(0, missing)).digest();
  }

  /** Hashes the first half, and has room for as much again. */
  private letGo(): void {
    const surplus = this.heldBytes - this.mostHeldBytes;
    this.hash.update(this.held.subarray(0, surplus));
    this.held.copyWithin(0, surplus, this.heldBytes);
    this.hashedBytes += surplus;
    this.heldBytes = this.mostHeldBytes;
  }
}

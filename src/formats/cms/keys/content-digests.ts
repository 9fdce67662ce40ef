import { createHash, type Hash } from 'node:crypto';
import type { Digest } from './digest';

/** What has to be known of the content before a signature over it can be judged. */
export interface DigestNeed {
  readonly digest: Digest;
  /** Octets that are hashed before the content: Ed25519 mixes the signature and the key in. */
  readonly prefix?: Buffer;
}

/** Digests of one content. */
export class ContentDigests {
  private readonly digests = new Map<string, Buffer>();

  /** Of a content whose plain digests are known already, as those of stored files are. */
  static known(digests: { readonly [digest in Digest]?: Buffer }): ContentDigests {
    const known = new ContentDigests();
    for (const [digest, value] of Object.entries(digests)) known.set({ digest: digest as Digest }, value);
    return known;
  }

  get(need: DigestNeed): Buffer | undefined {
    return this.digests.get(nameOf(need));
  }

  set(need: DigestNeed, value: Buffer): void {
    this.digests.set(nameOf(need), value);
  }
}

/** Takes a content piece by piece, so that its size does not matter, and tells what was needed of it. */
export class ContentHash {
  private readonly hashes: readonly { readonly need: DigestNeed; readonly hash: Hash }[];

  constructor(needs: readonly DigestNeed[]) {
    const once = new Map(needs.map((need) => [nameOf(need), need]));
    this.hashes = [...once.values()].map((need) => {
      const hash = createHash(need.digest);
      if (need.prefix !== undefined) hash.update(need.prefix);
      return { need, hash };
    });
  }

  update(chunk: Buffer): this {
    for (const { hash } of this.hashes) hash.update(chunk);
    return this;
  }

  digests(): ContentDigests {
    const digests = new ContentDigests();
    for (const { need, hash } of this.hashes) digests.set(need, hash.digest());
    return digests;
  }
}

function nameOf({ digest, prefix }: DigestNeed): string {
  return prefix === undefined ? digest : `${digest} ${prefix.toString('hex')}`;
}

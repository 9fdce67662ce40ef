import { createHash } from 'node:crypto';

/**
 * The bytes of a file of a case: SHA-256 of "<seed>:0", "<seed>:1" and so on, one behind the other, cut to the size. Any
 * language makes the same of it.
 */
export function contentOf(seed: string, bytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < bytes; block += 1)
    blocks.push(createHash('sha256').update(`${seed}:${block}`).digest());
  return Buffer.concat(blocks).subarray(0, bytes);
}

export function hashOf(algorithm: 'md5' | 'sha1' | 'sha256', content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex');
}

import { createHash, randomBytes } from 'node:crypto';
import { HeldBackHash } from './held-back-hash';

describe('HeldBackHash', () => {
  const bytes = randomBytes(10_000);
  const sha256 = (end: number): Buffer => createHash('sha256').update(bytes.subarray(0, end)).digest();

  it.each([1, 7, 100, 4096, 10_000])('hashes all but the end, in pieces of %i bytes', (piece) => {
    const hash = new HeldBackHash(1000);
    for (let at = 0; at < bytes.length; at += piece) hash.write(bytes.subarray(at, at + piece));
    for (const end of [9000, 9001, 9999, 10_000]) expect(hash.digestOf(end)).toEqual(sha256(end));
  });

  it('does not know what lies further back than it holds', () => {
    const hash = new HeldBackHash(1000);
    for (let at = 0; at < bytes.length; at += 100) hash.write(bytes.subarray(at, at + 100));
    expect(hash.digestOf(7000)).toBeUndefined();
    expect(hash.digestOf(10_001)).toBeUndefined();
  });

  it('keeps what it is given, though the caller uses the buffer again', () => {
    const hash = new HeldBackHash(1000);
    const reused = Buffer.from('abc');
    hash.write(reused);
    reused.fill(0);
    expect(hash.digestOf(3)).toEqual(createHash('sha256').update('abc').digest());
  });
});

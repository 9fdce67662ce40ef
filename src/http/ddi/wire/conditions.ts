import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Artifact } from '../../../modules/releases/release/release';

/**
 * The ETag of a JSON answer: a hash of its body, as hawkBit does it (contract 1.6). Every poll pays for it, but less than a
 * look into a table of known bodies would cost: 0.3 µs for the idle answer, 0.6 µs for one with links.
 */
export function etagOf(body: string | Buffer): string {
  return `"${hash('sha1', body)}"`;
}

/** If-None-Match: whether the device has this body already. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  // A tag of ours holds no quote inside, so its text is in the header just when the tag is in the list, with W/ or without.
  return ifNoneMatch.trim() === '*' || ifNoneMatch.includes(etag);
}

/** If-Match on a file: hawkBit compares the bare sha1; with quotes it is the ETag that we sent. Weak tags never match. */
export function isExpected(ifMatch: string | undefined, { sha1 }: Pick<Artifact, 'sha1'>): boolean {
  if (ifMatch === undefined) return true;
  return ifMatch
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag === sha1 || tag === `"${sha1}"`);
}

/** As Last-Modified is written; the two obsolete forms count as a mismatch, which costs the device a whole download. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * If-Range: whether the device's part is of this file, so that it may have the rest alone. Of dates hawkBit takes any that is
 * not before the file's, rather than the same one only.
 */
export function isSameFile(
  ifRange: IncomingHttpHeaders[string],
  { sha1, createdAt }: Pick<Artifact, 'sha1' | 'createdAt'>,
): boolean {
  if (typeof ifRange !== 'string') return ifRange === undefined;
  const validator = ifRange.trim();
  if (validator === sha1 || validator === `"${sha1}"`) return true;
  const modifiedAtMs = Math.floor(createdAt.getTime() / 1000) * 1000;
  return HTTP_DATE.test(validator) && Date.parse(validator) >= modifiedAtMs;
}

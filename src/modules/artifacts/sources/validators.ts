import type { IncomingHttpHeaders } from 'node:http';

/** By what another server lets one tell whether a file is still the same. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** Longer ones are none of a file server's; they are stored, so they are bounded. */
const LONGEST = 512;

export function validatorsOf(headers: IncomingHttpHeaders): Validators {
  return { etag: bounded(headers.etag), lastModified: bounded(headers['last-modified']) };
}

/** Whether changes would show at all. */
export function canTellChanges({ etag, lastModified }: Validators): boolean {
  return etag !== undefined || lastModified !== undefined;
}

/** The entity tag decides where there is one: the same file may get another date when it is copied. */
export function isSameFile(one: Validators, other: Validators): boolean {
  if (one.etag !== undefined || other.etag !== undefined) return one.etag === other.etag;
  return one.lastModified === other.lastModified;
}

/** Asks for the bytes of this file and no other: 412 if it has changed. A weak tag cannot be asked for. */
export function onlyIfSame({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== undefined) return etag.startsWith('W/') ? {} : { 'If-Match': etag };
  return lastModified === undefined ? {} : { 'If-Unmodified-Since': lastModified };
}

/** Asks for the bytes only if the file has changed: 304 if it has not. */
export function onlyIfChanged({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== undefined) return { 'If-None-Match': etag };
  return lastModified === undefined ? {} : { 'If-Modified-Since': lastModified };
}

function bounded(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value.length > LONGEST ? undefined : value;
}

import { OutboundError } from '../../../platform/outbound/outbound.errors';
import type { Validators } from './validators';

/** Why the bytes of a blob cannot be had as they should be. */
export const BLOB_FAULTS = ['missing', 'damaged', 'changed'] as const;
export type BlobFault = (typeof BLOB_FAULTS)[number];

/** Where a linked blob's bytes are. */
export interface Source {
  /** Without what stands behind the `?`: that may be a secret and is sealed with the credentials. */
  readonly address: string;
  readonly sealed: Buffer | undefined;
  readonly validators: Validators;
}

/** A source that is in force, and the blob it stands for. */
export interface BlobSource extends Source {
  readonly tenantId: string;
  readonly blobId: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly fault: BlobFault | undefined;
}

/** What is known to be no longer there, or not for us. */
const GONE = new Set([401, 403, 404, 410]);
/** The file is there, but not the one that was asked for. */
const OTHER = new Set([412, 416]);

/** What an answer says of the file; undefined when it tells nothing but that the server is in trouble now. */
export function faultOfAnswer(error: unknown): BlobFault | undefined {
  if (!(error instanceof OutboundError)) return undefined;
  // Its name was given to somebody else, or it sends us to where nobody may be sent.
  if (error.fault === 'forbidden' || error.fault === 'bad_url') return 'missing';
  if (error.fault === 'too_large') return 'changed';
  if (error.status === undefined) return undefined;
  if (OTHER.has(error.status)) return 'changed';
  return GONE.has(error.status) ? 'missing' : undefined;
}

/** The size of the whole file, as the answer to a range tells it. */
export function totalOf(contentRange: string | undefined): number | undefined {
  const total = /^bytes \d+-\d+\/(\d{1,15})$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

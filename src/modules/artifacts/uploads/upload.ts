/** A file that comes in over several requests; a release takes it when it is whole. */
export interface Upload {
  /** Cannot be guessed. */
  readonly id: string;
  readonly tenantId: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  /** What is durable: where the caller goes on. */
  readonly receivedBytes: number;
  /** What the whole of it has to be, lower-case hex, when the caller said so. */
  readonly sha256: string | undefined;
  readonly touchedAt: Date;
  /** The release that took it. Its bytes are there now, and here no more. */
  readonly releaseId: string | undefined;
}

/** What a caller says ahead. */
export type NewUpload = Pick<Upload, 'fileName' | 'sizeBytes' | 'sha256'>;

export function isWhole(upload: Upload): boolean {
  return upload.receivedBytes === upload.sizeBytes;
}

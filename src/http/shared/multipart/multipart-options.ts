import type { Readable } from 'node:stream';

/** What one form may hold; one more of anything is 413. */
export interface MultipartLimits {
  fileCount: number;
  fileSizeBytes: number;
  fieldCount: number;
  fieldSizeBytes: number;

  /** Fields, files and parts that are neither; when absent, one more than files and fields together. */
  partCount?: number;
}

/** A file on its way in. `stream` ends with the file and errors when the form turns out bad or the client leaves. */
export interface UploadedFile {
  fieldName: string;

  /** Without any path, 1 to 255 characters, no control characters. */
  fileName: string;

  /** As the client claims. */
  mimeType: string;
  stream: Readable;
}

export interface MultipartOptions<T> {
  limits: MultipartLimits;

  /** Called for one file at a time, in the order sent. May leave bytes unread; they still count against the limits. */
  onFile: (file: UploadedFile) => Promise<T>;

  /** Called for each result of `onFile` when the form fails after all, so that nothing staged is left behind. */
  onAbandon?: (result: T) => Promise<void>;
}

export interface MultipartForm<T> {
  /** Null prototype, so any name a client sends is only a name. */
  fields: Record<string, string[]>;
  files: T[];
}

import { PassThrough, type Readable } from 'node:stream';
import { quote, readFileName } from './file-name';
import { MultipartError } from './multipart.error';
import type { MultipartForm, MultipartOptions, UploadedFile } from './multipart-options';

/** A part as the parser reports it: whether it carries names at all is not yet known. */
interface FilePart {
  fieldName: string | undefined;
  fileName: string | undefined;
  mimeType: string;
  stream: Readable;
}

/** Collects the parts of one form: counts them, queues the files, and remembers the first thing that went wrong. */
export class FormIntake<T> {
  /** Told once, at the first failure. */
  onFailure: () => void = () => undefined;

  private readonly fields = Object.create(null) as Record<string, string[]>;
  private readonly files: T[] = [];
  private readonly streams = new Set<Readable>();
  private queue: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | undefined;
  private fieldCount = 0;
  private fileCount = 0;

  constructor(private readonly options: MultipartOptions<T>) {}

  takeField(fieldName: string | undefined, value: string, isCut: boolean): void {
    this.guard(() => {
      const name = named(fieldName);
      const { fieldCount, fieldSizeBytes } = this.options.limits;
      this.fieldCount += 1;
      if (this.fieldCount > fieldCount) {
        throw new MultipartError(413, `Field ${quote(name)} is one too many, ${fieldCount} are allowed.`);
      }
      if (isCut) {
        throw new MultipartError(413, `Field ${quote(name)} is larger than ${fieldSizeBytes} bytes.`);
      }
      (this.fields[name] ??= []).push(value);
    });
  }

  /**
   * The parser may report several small files from one chunk; they wait here, unread, which holds the parser back as
   * soon as their buffers are full.
   */
  takeFile(part: FilePart): void {
    const { stream } = part;
    // The parser emits errors on file streams whether or not somebody listens.
    stream.on('error', () => undefined);
    this.guard(() => {
      const fieldName = named(part.fieldName);
      const { fileCount, fileSizeBytes } = this.options.limits;
      this.fileCount += 1;
      if (this.fileCount > fileCount) {
        throw new MultipartError(
          413,
          `The file in field ${quote(fieldName)} is one too many, ${fileCount} are allowed.`,
        );
      }
      const fileName = readFileName(part.fileName, fieldName);
      stream.on('limit', () => {
        const message = `The file in field ${quote(fieldName)} is larger than ${fileSizeBytes} bytes.`;
        this.fail(new MultipartError(413, message));
      });
      this.streams.add(stream);
      const file = { fieldName, fileName, mimeType: part.mimeType, stream };
      this.queue = this.queue.then(() => this.handOver(file)).catch((error: unknown) => this.fail(error));
    });
  }

  /** The first failure counts; everything still open is torn down with it. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { error };
    const reason = error instanceof Error ? error : new Error('The upload failed.', { cause: error });
    for (const stream of this.streams) stream.destroy(reason);
    this.onFailure();
  }

  /** Call once the parser is done: the form, or the first failure after `onFile` settled and its results were given up. */
  async finish(): Promise<MultipartForm<T>> {
    await this.queue;
    if (this.failure === undefined) return { fields: this.fields, files: this.files };
    for (const file of this.files) await this.options.onAbandon?.(file).catch(() => undefined);
    throw this.failure.error;
  }

  private guard(take: () => void): void {
    if (this.failure !== undefined) return;
    try {
      take();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * `onFile` gets a stream of its own: it may destroy that (leaving a `for await` early does), whereas the parser waits
   * for every byte of its stream to be read.
   */
  private async handOver(file: UploadedFile): Promise<void> {
    if (this.failure !== undefined) return;
    const stream = new PassThrough();
    stream.on('error', () => undefined);
    this.streams.add(stream);
    file.stream.pipe(stream);
    try {
      this.files.push(await this.options.onFile({ ...file, stream }));
    } finally {
      file.stream.unpipe(stream);
      stream.destroy();
      file.stream.resume();
      this.streams.delete(stream);
      this.streams.delete(file.stream);
    }
  }
}

function named(fieldName: string | undefined): string {
  if (fieldName === undefined || fieldName === '') {
    throw new MultipartError(400, 'A part of the form has no field name.');
  }
  return fieldName;
}

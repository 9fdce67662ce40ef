import { ChunkedBody } from './chunked-body';

/** An HTTP answer as the load generator sees it. */
export interface Answer {
  readonly status: number;
  /** Empty when it was compared with the artifact instead, byte by byte. */
  readonly body: string;
  readonly bytes: number;
}

const HEAD_END = '\r\n\r\n';
/** Longer bodies are artifacts: making text of them would cost more than the servers that are measured. */
const MAX_TEXT_BYTES = 64 * 1024;

/** A body that is on its way and is compared with `artifact` as it comes. */
interface Download {
  readonly status: number;
  readonly bytes: number;
  received: number;
}

/**
 * Puts answers together from what the socket gives. One request is under way at a time, so nothing of a next answer can
 * follow. Knows what our servers send: a Content-Length on everything but several ranges of a file, which come in chunks.
 */
export class AnswerReader {
  private rest = '';
  private download: Download | undefined;
  private chunked: { readonly status: number; readonly body: ChunkedBody } | undefined;

  constructor(private readonly artifact: Buffer) {}

  /** Undefined when more is to come. @throws Error when an artifact is not what was uploaded */
  read(buffer: Buffer, length: number): Answer | undefined {
    if (this.download !== undefined) return this.receive(this.download, buffer.subarray(0, length));
    if (this.chunked !== undefined) return this.receiveChunks(buffer.toString('latin1', 0, length));
    const text = this.rest + buffer.toString('latin1', 0, length);
    const headEnd = text.indexOf(HEAD_END);
    if (headEnd < 0) {
      this.rest = text;
      return undefined;
    }
    const start = headEnd + HEAD_END.length;
    const status = Number(text.slice(9, 12));
    const head = text.slice(0, headEnd);
    if (isChunked(head)) {
      this.rest = '';
      this.chunked = { status, body: new ChunkedBody() };
      return this.receiveChunks(text.slice(start));
    }
    const bytes = contentLength(head);
    if (bytes > MAX_TEXT_BYTES) {
      const first = Buffer.from(text.slice(start), 'latin1');
      this.rest = '';
      this.download = { status, bytes, received: 0 };
      return this.receive(this.download, first);
    }
    const isWhole = text.length >= start + bytes;
    this.rest = isWhole ? '' : text;
    return isWhole ? { status, body: text.slice(start, start + bytes), bytes } : undefined;
  }

  private receive(download: Download, chunk: Buffer): Answer | undefined {
    const { status, bytes, received } = download;
    const end = received + chunk.length;
    if (chunk.compare(this.artifact, received, end) !== 0)
      throw new Error(`an artifact differs from the uploaded one before byte ${end}`);
    download.received = end;
    if (end < bytes) return undefined;
    this.download = undefined;
    return { status, body: '', bytes };
  }

  private receiveChunks(text: string): Answer | undefined {
    const status = this.chunked?.status ?? 0;
    const body = this.chunked?.body.receive(text);
    if (body === undefined) return undefined;
    this.chunked = undefined;
    return { status, body, bytes: body.length };
  }
}

function isChunked(head: string): boolean {
  return /\r\ntransfer-encoding: *chunked/i.test(head);
}

function contentLength(head: string): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return Number(length);
}

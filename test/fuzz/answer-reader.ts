/** One whole answer. */
export interface Answer {
  readonly status: number;
  /** In lower case, several of one name joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** The answer breaks HTTP, or something came that nobody asked for. */
export class UnsoundAnswerError extends Error {}

/** What is wrong with an answer whose connection ended. */
export const CUT = 'the connection ended in the middle of an answer';

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e\x80-\xff]*$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/;
const CHUNK_LINE = /^([0-9a-f]{1,8})$/i;
const MAX_HEAD_BYTES = 16 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);

/** Where the body of an answer ends. */
type Extent =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunks' }
  | { readonly kind: 'close' };

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly extent: Extent;
}

/**
 * Puts answers together from what the socket gives, and takes nothing that RFC 9112 does not allow a server. Answers of 1xx
 * are passed over.
 */
export class AnswerReader {
  private rest = EMPTY;
  private head: Head | undefined;

  /** `isHead`: the answers have no bodies, whatever their heads say. */
  constructor(private readonly isHead: boolean) {}

  /** True when nothing of an answer has come yet. */
  get isIdle(): boolean {
    return this.head === undefined && this.rest.length === 0;
  }

  /** @throws UnsoundAnswerError */
  push(bytes: Buffer): Answer[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const answers: Answer[] = [];
    for (;;) {
      this.head ??= this.readHead();
      if (this.head === undefined) return answers;
      const body = this.readBody(this.head.extent);
      if (body === undefined) return answers;
      const { status, headers } = this.head;
      this.head = undefined;
      if (status >= 200) answers.push({ status, headers, body });
    }
  }

  /** The connection has ended: an answer that lasts as long as it does is whole now. @throws UnsoundAnswerError */
  end(): Answer | undefined {
    const { head, rest } = this;
    if (head?.extent.kind === 'close') {
      this.head = undefined;
      this.rest = EMPTY;
      return { status: head.status, headers: head.headers, body: rest };
    }
    if (!this.isIdle) throw new UnsoundAnswerError(CUT);
    return undefined;
  }

  private readHead(): Head | undefined {
    const end = this.rest.indexOf(HEAD_END);
    if (end < 0) {
      if (this.rest.length > MAX_HEAD_BYTES)
        throw new UnsoundAnswerError('the head of the answer has no end');
      return undefined;
    }
    const [first = '', ...lines] = this.rest.toString('latin1', 0, end).split('\r\n');
    this.rest = this.rest.subarray(end + HEAD_END.length);
    const status = Number(STATUS_LINE.exec(first)?.[1]);
    if (Number.isNaN(status))
      throw new UnsoundAnswerError(`no status line: ${JSON.stringify(first.slice(0, 100))}`);
    const headers = headersOf(lines);
    return { status, headers, extent: this.extentOf(status, headers) };
  }

  private extentOf(status: number, headers: ReadonlyMap<string, string>): Extent {
    const length = headers.get('content-length');
    const coding = headers.get('transfer-encoding');
    if (length !== undefined && coding !== undefined)
      throw new UnsoundAnswerError('a length and chunks as well');
    if (length !== undefined && !/^\d{1,15}$/.test(length))
      throw new UnsoundAnswerError(`Content-Length is ${JSON.stringify(length)}`);
    if (coding !== undefined && coding !== 'chunked') throw new UnsoundAnswerError(`coded as ${coding}`);
    if (this.isHead || status < 200 || status === 204 || status === 304) return { kind: 'length', bytes: 0 };
    if (coding !== undefined) return { kind: 'chunks' };
    if (length !== undefined) return { kind: 'length', bytes: Number(length) };
    if (!/\bclose\b/i.test(headers.get('connection') ?? ''))
      throw new UnsoundAnswerError(`nothing tells the length of the answer ${status}`);
    return { kind: 'close' };
  }

  private readBody(extent: Extent): Buffer | undefined {
    if (extent.kind === 'close') return undefined;
    if (extent.kind === 'chunks') return this.readChunks();
    if (this.rest.length < extent.bytes) return undefined;
    const body = this.rest.subarray(0, extent.bytes);
    this.rest = this.rest.subarray(extent.bytes);
    return body;
  }

  /** Begins anew with each piece that comes: our answers in chunks are short. */
  private readChunks(): Buffer | undefined {
    const parts: Buffer[] = [];
    for (let at = 0; ;) {
      const lineEnd = this.rest.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const line = this.rest.toString('latin1', at, lineEnd);
      const size = CHUNK_LINE.exec(line)?.[1];
      if (size === undefined) throw new UnsoundAnswerError(`no chunk: ${JSON.stringify(line.slice(0, 40))}`);
      const start = lineEnd + 2;
      const end = start + Number.parseInt(size, 16);
      if (this.rest.length < end + 2) return undefined;
      if (this.rest.toString('latin1', end, end + 2) !== '\r\n')
        throw new UnsoundAnswerError('a chunk has no end');
      at = end + 2;
      if (end === start) {
        this.rest = this.rest.subarray(at);
        return Buffer.concat(parts);
      }
      parts.push(this.rest.subarray(start, end));
    }
  }
}

function headersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined) throw new UnsoundAnswerError(`no header: ${JSON.stringify(line.slice(0, 100))}`);
    const lower = name.toLowerCase();
    const before = headers.get(lower);
    headers.set(lower, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

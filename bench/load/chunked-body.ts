const LINE_END = '\r\n';

/** Puts a body together that comes in chunks, each after a line with its length. Trailers our servers have none. */
export class ChunkedBody {
  private rest = '';
  private body = '';

  /** The whole body once its last chunk is there; undefined when more is to come. @throws Error when these are no chunks */
  receive(text: string): string | undefined {
    this.rest += text;
    for (;;) {
      const lineEnd = this.rest.indexOf(LINE_END);
      if (lineEnd < 0) return undefined;
      const length = lengthIn(this.rest.slice(0, lineEnd));
      const start = lineEnd + LINE_END.length;
      const end = start + length;
      if (this.rest.length < end + LINE_END.length) return undefined;
      if (length === 0) return this.body;
      this.body += this.rest.slice(start, end);
      this.rest = this.rest.slice(end + LINE_END.length);
    }
  }
}

function lengthIn(line: string): number {
  if (!/^[\da-f]{1,8}$/i.test(line))
    throw new Error(`a chunk begins with ${JSON.stringify(line.slice(0, 80))}`);
  return parseInt(line, 16);
}

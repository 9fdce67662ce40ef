/** An HTTP answer as the load generator sees it. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * Reads the first answer of `text` (latin1: one character per byte) and where it ends; undefined when more is to come.
 * Knows what our servers send: a Content-Length on everything, no chunks.
 */
export function readAnswer(text: string): { answer: Answer; end: number } | undefined {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  const start = headEnd + HEAD_END.length;
  const end = start + Number(length);
  if (text.length < end) return undefined;
  return { answer: { status: Number(head.slice(9, 12)), body: text.slice(start, end) }, end };
}

import { AnswerReader, UnsoundAnswerError, type Answer } from './answer-reader';

const OK = 'HTTP/1.1 200 OK\r\n';

/** What is read when the text comes in pieces of this many bytes. */
function read(
  text: string,
  pieceBytes = text.length,
  isHead = false,
): { answers: Answer[]; reader: AnswerReader } {
  const reader = new AnswerReader(isHead);
  const bytes = Buffer.from(text, 'latin1');
  const answers: Answer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    answers.push(...reader.push(bytes.subarray(at, at + pieceBytes)));
  return { answers, reader };
}

const bodies = ({ answers }: { answers: Answer[] }): string[] =>
  answers.map(({ body }) => body.toString('latin1'));

describe('the reader of answers', () => {
  it.each([1, 2, 7, 1000])('puts answers together from pieces of %i bytes', (pieceBytes) => {
    const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`;
    const found = read(
      `${OK}Content-Length: 3\r\n\r\nxyz${chunked}HTTP/1.1 304 Not Modified\r\n\r\n`,
      pieceBytes,
    );
    expect(bodies(found)).toEqual(['xyz', 'abcde', '']);
    expect(found.answers.map(({ status }) => status)).toEqual([200, 200, 304]);
    expect(found.reader.isIdle).toBe(true);
    expect(found.reader.end()).toBeUndefined();
  });

  it('passes over 100 Continue', () => {
    expect(bodies(read(`HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 1\r\n\r\na`))).toEqual(['a']);
  });

  it('knows that HEAD gets no body', () => {
    expect(bodies(read(`${OK}Content-Length: 300\r\n\r\n`, 9, true))).toEqual(['']);
  });

  it('takes a body that lasts until the end of the connection, if that is said', () => {
    const { answers, reader } = read('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nwords');
    expect(answers).toEqual([]);
    expect(reader.end()).toMatchObject({ status: 400, body: Buffer.from('words') });
  });

  it.each([
    ['no status line', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['no header', `${OK}nonsense\r\n\r\n`],
    ['a header in two lines', `${OK}A: b\r\n c\r\n\r\n`],
    ['a header with a control character', `${OK}A: b\u0001\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
    ['a length and chunks', `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['no length at all', `${OK}\r\n`],
    ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\nx\r\n`],
    ['a chunk that is longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`],
    ['a head without an end', `${OK}A: ${'x'.repeat(20_000)}`],
  ])('does not take %s', (_what, text) => {
    expect(() => read(text)).toThrow(UnsoundAnswerError);
  });

  it('does not take an answer that was cut', () => {
    expect(() => read(`${OK}Content-Length: 3\r\n\r\nab`).reader.end()).toThrow(UnsoundAnswerError);
    expect(() => read('HTTP/1.1 2').reader.end()).toThrow(UnsoundAnswerError);
  });
});

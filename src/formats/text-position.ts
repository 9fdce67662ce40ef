/**
 * Line and column, both from 1, of a byte in UTF-8 text.
 * @param bytes the text, one character per byte (`latin1`), as the parsers here hold it
 * @param offset bytes from the start; the end of the text is allowed
 */
export function textPosition(bytes: string, offset: number): { line: number; column: number } {
  const before = bytes.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  const column = Buffer.from(before.slice(lineStart), 'latin1').toString('utf8').length + 1;
  return { line, column };
}

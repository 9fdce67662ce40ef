import { isUtf8 } from 'node:buffer';
import { FormatError } from '../format.error';
import type { LibconfigGroup, LibconfigValue } from '../libconfig/libconfig.parser';
import { textPosition } from '../text-position';

const MAX_DEPTH = 64;
/** An empty object of three letters takes a hundred times as much memory. */
const MAX_VALUES = 100_000;

/**
 * Parses a sw-description in JSON into the same tree as libconfig gives; `null` is as good as absent.
 * @throws FormatError with line and column for text that is no JSON, nests deeper than 64 levels or holds NUL
 */
export function parseJsonDescription(text: Buffer): LibconfigGroup {
  const bytes = text.toString('latin1');
  requireSmall(bytes);
  requireUtf8(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw syntaxFault(text, error);
  }
  const tree = toTree(parsed);
  if (!(tree instanceof Map))
    throw new FormatError('the JSON is not an object.', { line: 1, column: 1, offset: 0 });
  return tree;
}

/** Names that two readers decode in two ways would be two names. */
function requireUtf8(text: Buffer): void {
  if (isUtf8(text)) return;
  const decoded = Buffer.from(text.toString('utf8'));
  // It differs first within a U+FFFD, or behind the text, which may end like a U+FFFD that was cut.
  let offset = decoded.findIndex((byte, at) => byte !== text[at]);
  while (isContinuation(decoded[offset])) offset--;
  const place = { ...textPosition(text.toString('latin1'), offset), offset };
  throw new FormatError('the JSON is not UTF-8 here.', place);
}

function isContinuation(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Nesting and number of values are bounded before anything is built from them. */
function requireSmall(bytes: string): void {
  let depth = 0;
  let values = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes[at];
    if (isInString) {
      if (char === '\\') at++;
      else if (char === '"') isInString = false;
      continue;
    }
    if (char === '"') isInString = true;
    else if (char === ',') values += 1;
    else depth += nestingStep(char);
    if (depth > MAX_DEPTH) throw tooMuch(`is nested deeper than ${MAX_DEPTH} levels`, bytes, at);
    if (values > MAX_VALUES) throw tooMuch(`has more than ${MAX_VALUES} values`, bytes, at);
  }
}

function tooMuch(what: string, bytes: string, offset: number): FormatError {
  return new FormatError(`the JSON ${what}.`, { ...textPosition(bytes, offset), offset });
}

function nestingStep(char: string | undefined): number {
  if (char === '{' || char === '[') return 1;
  return char === '}' || char === ']' ? -1 : 0;
}

function toTree(value: unknown): LibconfigValue | undefined {
  if (Array.isArray(value)) return value.map(toTree).filter((element) => element !== undefined);
  if (typeof value === 'string') return withoutNul(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null ? toGroup(value) : undefined;
}

function toGroup(object: object): LibconfigGroup {
  const group: LibconfigGroup = new Map();
  for (const [name, child] of Object.entries(object)) {
    const converted = toTree(child);
    if (converted !== undefined) group.set(withoutNul(name), converted);
  }
  return group;
}

/** NUL ends strings in SWUpdate, and databases refuse it. */
function withoutNul(text: string): string {
  if (text.includes('\0')) throw new FormatError('a name or string in the JSON holds a NUL character.');
  return text;
}

/** V8 gives a position or, for some faults, an excerpt instead. */
function syntaxFault(text: Buffer, error: unknown): FormatError {
  const message = (error instanceof Error ? error.message : '').replace(/[^ -~]/g, '?').slice(0, 160);
  const position = /at position (\d+)/.exec(message)?.[1];
  const ends = /end of JSON/.test(message);
  if (position === undefined && !ends) return new FormatError(`this is not valid JSON: ${message}.`);
  const characters = text.toString('utf8');
  const offset = Buffer.byteLength(ends ? characters : characters.slice(0, Number(position)), 'utf8');
  return new FormatError(`this is not valid JSON: ${message}.`, {
    ...textPosition(text.toString('latin1'), offset),
    offset,
  });
}

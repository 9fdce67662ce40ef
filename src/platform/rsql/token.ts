import { foldCase } from './folded-text';
import { quoted, RsqlSyntaxError } from './rsql.errors';

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '=in=' | '=out=' | '=is=' | '=not=';

/** Each operator in all its spellings; FIQL writes `=lt=`, RSQL also `<`, and hawkBit `=eq=` for `=is=`. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '=lt=': '<',
  '<=': '<=',
  '=le=': '<=',
  '>': '>',
  '=gt=': '>',
  '>=': '>=',
  '=ge=': '>=',
  '=in=': '=in=',
  '=out=': '=out=',
  '=is=': '=is=',
  '=eq=': '=is=',
  '=not=': '=not=',
  '=ne=': '=not=',
};
export const OPERATOR_LIST = '==, !=, <, <=, >, >=, =in=, =out=, =is= or =not=';

/** `start` and `end` count UTF-16 units from 0. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A field, a value, `and` or `or`: the place says which. Segments are what stands between wildcards. */
export interface Word extends Span {
  readonly kind: 'word';
  readonly isQuoted: boolean;
  readonly segments: readonly string[];
}

type Sign = '(' | ')' | ';' | ',';

export type Token =
  | Word
  | (Span & { readonly kind: 'operator'; readonly operator: Operator })
  | (Span & { readonly kind: Sign | 'end' });

const BLANK = /[ \t\r\n]/;
const RESERVED = /[ \t\r\n"'();,=<>!]/;
const WRITTEN_OPERATOR = /==|=[a-z]{1,10}=|!=|[<>]=?/iy;

/** The token that begins at or after `from`. Looks at each character once. */
export function tokenAt(text: string, from: number): Token {
  let start = from;
  while (start < text.length && BLANK.test(text.charAt(start))) start += 1;
  const first = text.charAt(start);
  if (first === '') return { kind: 'end', start, end: start };
  if (isSign(first)) return { kind: first, start, end: start + 1 };
  if (first === '"' || first === "'") return quotedWord(text, start);
  return RESERVED.test(first) ? operatorAt(text, start) : plainWord(text, start);
}

function isSign(char: string): char is Sign {
  return '();,'.includes(char);
}

function operatorAt(text: string, start: number): Token {
  WRITTEN_OPERATOR.lastIndex = start;
  const written = WRITTEN_OPERATOR.exec(text)?.[0];
  const operator = written === undefined ? undefined : OPERATORS[foldCase(written)];
  if (written === undefined || operator === undefined) {
    const found = quoted(written ?? text.slice(start, start + 5));
    throw new RsqlSyntaxError(start + 1, `expected ${OPERATOR_LIST}, found ${found}`);
  }
  return { kind: 'operator', operator, start, end: start + written.length };
}

function plainWord(text: string, start: number): Word {
  return { isQuoted: false, ...word(text, start, start, (char) => RESERVED.test(char)) };
}

function quotedWord(text: string, start: number): Word {
  const quote = text.charAt(start);
  const found = word(text, start, start + 1, (char) => char === quote);
  if (found.end === text.length)
    throw new RsqlSyntaxError(start + 1, `this quote (${quote}) is never closed`);
  return { isQuoted: true, ...found, end: found.end + 1 };
}

function word(
  text: string,
  start: number,
  from: number,
  isEnd: (char: string) => boolean,
): Omit<Word, 'isQuoted'> {
  const segments: string[] = [];
  let segment = '';
  let end = from;
  for (; end < text.length && !isEnd(text.charAt(end)); end += 1) {
    const char = text.charAt(end);
    if (char === '*') {
      segments.push(segment);
      segment = '';
    } else if (char === '\\') {
      end += 1;
      if (end === text.length) throw new RsqlSyntaxError(end, 'nothing follows this backslash');
      segment += text.charAt(end);
    } else segment += char;
  }
  return { kind: 'word', segments: [...segments, segment], start, end };
}

/** The word as it is meant where wildcards have no meaning. */
export function literal(token: Word): string {
  return token.segments.join('*');
}

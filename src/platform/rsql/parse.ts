import { foldCase } from './folded-text';
import { quoted, RsqlSyntaxError } from './rsql.errors';
import { literal, OPERATOR_LIST, tokenAt, type Operator, type Token, type Word } from './token';
import { RSQL_LIMITS, type RsqlComparison, type RsqlJunction, type RsqlNode } from './tree';

/**
 * Reads a filter: `;` or `and` binds tighter than `,` or `or`; a value stands bare or in quotes of either kind, and a
 * backslash takes the next character as it is.
 * @throws RsqlSyntaxError
 */
export function parseRsql(text: string): RsqlNode {
  if (text.length > RSQL_LIMITS.characters) {
    const why = `it is ${text.length} characters long, and at most ${RSQL_LIMITS.characters} are possible`;
    throw new RsqlSyntaxError(RSQL_LIMITS.characters + 1, why);
  }
  // Postgres has no text with these, so nothing could be like it.
  const odd = /[\0\p{Cs}]/u.exec(text);
  if (odd !== null) throw new RsqlSyntaxError(odd.index + 1, 'no text can hold this character');
  return new Parser(text).filter();
}

/** What joins two comparisons. */
const JOINTS = {
  and: { sign: ';', word: 'and' },
  or: { sign: ',', word: 'or' },
} as const;

class Parser {
  private token: Token;
  private depth = 0;
  private comparisons = 0;

  constructor(private readonly text: string) {
    this.token = tokenAt(text, 0);
  }

  filter(): RsqlNode {
    const node = this.alternatives();
    if (!this.isAt('end')) this.fail('expected and, or, or the end');
    return node;
  }

  private alternatives(): RsqlNode {
    return this.joined('or', () => this.joined('and', () => this.part()));
  }

  private joined(kind: RsqlJunction['kind'], next: () => RsqlNode): RsqlNode {
    const parts: RsqlNode[] = [];
    const add = (node: RsqlNode): void => {
      if (node.kind === kind) parts.push(...node.parts);
      else parts.push(node);
    };
    add(next());
    while (this.isJoint(kind)) {
      this.advance();
      add(next());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind, parts };
  }

  private isJoint(kind: RsqlJunction['kind']): boolean {
    const { token } = this;
    if (token.kind !== 'word') return token.kind === JOINTS[kind].sign;
    return !token.isQuoted && foldCase(literal(token)) === JOINTS[kind].word;
  }

  private part(): RsqlNode {
    if (!this.isAt('(')) return this.comparison();
    this.depth += 1;
    if (this.depth > RSQL_LIMITS.depth)
      this.fail(`at most ${RSQL_LIMITS.depth} parentheses can stand inside each other`);
    this.advance();
    const node = this.alternatives();
    if (!this.isAt(')')) this.fail('expected and, or, or a closing parenthesis');
    this.advance();
    this.depth -= 1;
    return node;
  }

  private comparison(): RsqlComparison {
    const name = this.token;
    if (name.kind !== 'word' || name.isQuoted) return this.fail('expected a field or an opening parenthesis');
    this.comparisons += 1;
    if (this.comparisons > RSQL_LIMITS.comparisons)
      this.fail(`at most ${RSQL_LIMITS.comparisons} comparisons are possible`);
    this.advance();
    if (this.token.kind !== 'operator') return this.fail(`expected ${OPERATOR_LIST}`);
    const { operator } = this.token;
    this.advance();
    const places = { field: literal(name), fieldAt: name.start + 1, valueAt: this.token.start + 1 };
    return operator === '=in=' || operator === '=out='
      ? { kind: 'list', ...places, isNegated: operator === '=out=', values: this.list() }
      : { ...places, ...compared(operator, this.value()) };
  }

  private list(): string[] {
    if (!this.isAt('(')) return [literal(this.value())];
    const values: string[] = [];
    do {
      this.advance();
      if (values.length === RSQL_LIMITS.items) this.fail(`a list has at most ${RSQL_LIMITS.items} values`);
      values.push(literal(this.value()));
    } while (this.isAt(','));
    if (!this.isAt(')')) this.fail('expected a comma or a closing parenthesis');
    this.advance();
    return values;
  }

  private value(): Word {
    const { token } = this;
    if (token.kind !== 'word') return this.fail('expected a value; an empty one is written as two quotes');
    this.advance();
    return token;
  }

  private isAt(kind: Token['kind']): boolean {
    return this.token.kind === kind;
  }

  private advance(): void {
    this.token = tokenAt(this.text, this.token.end);
  }

  private fail(why: string): never {
    const { start, end, kind } = this.token;
    const found = kind === 'end' ? 'the end' : quoted(this.text.slice(start, end));
    throw new RsqlSyntaxError(start + 1, why.startsWith('expected') ? `${why}, found ${found}` : why);
  }
}

type WithoutPlaces<T> = T extends unknown ? Omit<T, 'field' | 'fieldAt' | 'valueAt'> : never;

function compared(operator: Exclude<Operator, '=in=' | '=out='>, value: Word): WithoutPlaces<RsqlComparison> {
  switch (operator) {
    case '==':
    case '!=':
      return { kind: 'match', isNegated: operator === '!=', segments: value.segments };
    case '=is=':
    case '=not=':
      return isNull(value)
        ? { kind: 'absent', isNegated: operator === '=not=' }
        : { kind: 'match', isNegated: operator === '=not=', segments: value.segments };
    default:
      return { kind: 'order', operator, value: literal(value) };
  }
}

function isNull(value: Word): boolean {
  return foldCase(literal(value)) === 'null';
}

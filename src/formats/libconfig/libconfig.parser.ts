import { FormatError, quoted } from '../format.error';
import { Scanner, type Scalar, type ScalarKind, type Token } from './scanner';

/** A group `{}`: setting names in the order of the text. A Map, so no name can reach a prototype. */
export type LibconfigGroup = Map<string, LibconfigValue>;
/**
 * Integers of 32 bits and floats are numbers, 64-bit integers are bigints; arrays `[]` and lists `()` are
 * arrays.
 */
export type LibconfigValue = Scalar | LibconfigValue[] | LibconfigGroup;

/** Bounds on what hostile text may cost. */
export interface LibconfigLimits {
  readonly maxBytes: number;
  /** How deep groups, lists and arrays may nest. */
  readonly maxDepth: number;
}

const DEFAULT_LIMITS: LibconfigLimits = { maxBytes: 1024 * 1024, maxDepth: 64 };

/**
 * Parses the libconfig language (libconfig manual, "Configuration Files"), but refuses `@include`. Strings
 * are taken as UTF-8.
 * @throws FormatError with line and column; as in libconfig, duplicate names in a group and arrays of mixed
 * types too
 */
export function parseLibconfig(
  source: Buffer | string,
  limits: LibconfigLimits = DEFAULT_LIMITS,
): LibconfigGroup {
  const bytes = typeof source === 'string' ? Buffer.from(source, 'utf8') : source;
  if (bytes.length > limits.maxBytes) {
    throw new FormatError(`the text has ${bytes.length} bytes; at most ${limits.maxBytes} are read.`);
  }
  return new Parser(new Scanner(bytes.toString('latin1')), limits.maxDepth).configuration();
}

/** Recursive descent; the recursion is as deep as the nesting, which `maxDepth` bounds. */
class Parser {
  private token: Token;
  private depth = 0;

  constructor(
    private readonly scanner: Scanner,
    private readonly maxDepth: number,
  ) {
    this.token = scanner.next();
  }

  configuration(): LibconfigGroup {
    const settings: LibconfigGroup = new Map();
    while (this.token.kind !== 'end') this.setting(settings);
    return settings;
  }

  private setting(settings: LibconfigGroup): void {
    const { token } = this;
    if (token.kind !== 'name') throw this.unexpected('the name of a setting');
    if (settings.has(token.text)) {
      throw this.scanner.fault(`the setting ${quoted(token.text)} occurs twice in this group`, token.offset);
    }
    this.advance();
    if (!this.accept('=') && !this.accept(':'))
      throw this.unexpected(`'=' or ':' after ${quoted(token.text)}`);
    settings.set(token.text, this.value());
    if (!this.accept(';')) this.accept(',');
  }

  private value(): LibconfigValue {
    if (this.token.kind === 'scalar') return this.scalar();
    const { offset } = this.token;
    if (this.accept('{')) return this.nested(offset, '}', () => this.groupRest(offset));
    if (this.accept('('))
      return this.nested(offset, ')', () => this.elements(')', offset, () => this.value()));
    if (this.accept('[')) return this.nested(offset, ']', () => this.arrayRest(offset));
    throw this.unexpected('a value');
  }

  private nested<T>(offset: number, closer: string, read: () => T): T {
    if (++this.depth > this.maxDepth) {
      throw this.scanner.fault(`nested deeper than ${this.maxDepth} levels before a '${closer}'`, offset);
    }
    const value = read();
    this.depth--;
    return value;
  }

  private groupRest(offset: number): LibconfigGroup {
    const settings: LibconfigGroup = new Map();
    while (!this.accept('}')) {
      this.requireOpen('}', offset);
      this.setting(settings);
    }
    return settings;
  }

  private arrayRest(offset: number): LibconfigValue[] {
    let first: ScalarKind | undefined;
    return this.elements(']', offset, () => {
      const { token } = this;
      if (token.kind !== 'scalar')
        throw this.unexpected('a simple value, since [ ] holds no lists or groups; use ( )');
      first ??= token.type;
      if (token.type !== first) {
        throw this.scanner.fault(`an element of type ${token.type} in an array of ${first}`, token.offset);
      }
      return this.scalar();
    });
  }

  /** What stands between commas up to the closer; a comma may follow the last, as in libconfig. */
  private elements(closer: string, offset: number, element: () => LibconfigValue): LibconfigValue[] {
    const values: LibconfigValue[] = [];
    while (!this.accept(closer)) {
      this.requireOpen(closer, offset);
      values.push(element());
      if (!this.accept(',') && !this.is(closer)) {
        this.requireOpen(closer, offset);
        throw this.unexpected(`',' or '${closer}'`);
      }
      while (this.accept(','));
    }
    return values;
  }

  /** A scalar; strings that stand side by side are one. */
  private scalar(): Scalar {
    const strings: string[] = [];
    let { token } = this;
    while (token.kind === 'scalar') {
      this.advance();
      if (typeof token.value !== 'string') return token.value;
      strings.push(token.value);
      if (this.token.kind !== 'scalar' || this.token.type !== 'string') break;
      token = this.token;
    }
    return Buffer.from(strings.join(''), 'latin1').toString('utf8');
  }

  private advance(): void {
    this.token = this.scanner.next();
  }

  private is(sign: string): boolean {
    return this.token.kind === 'sign' && this.token.text === sign;
  }

  private accept(sign: string): boolean {
    if (!this.is(sign)) return false;
    this.advance();
    return true;
  }

  private requireOpen(closer: string, opened: number): void {
    if (this.token.kind === 'end') {
      throw this.scanner.fault(
        `the text ends before the '${closer}' that closes what is opened here`,
        opened,
      );
    }
  }

  private unexpected(wanted: string): FormatError {
    const { token } = this;
    const found =
      token.kind === 'end'
        ? 'the text ends'
        : token.kind === 'scalar'
          ? `a value of type ${token.type}`
          : quoted(token.text);
    return this.scanner.fault(`expected ${wanted}, found ${found}`, token.offset);
  }
}

import { FormatError } from '../format.error';
import { textPosition } from '../text-position';

/** What a scalar token holds; elements of one array must agree in it (libconfig manual, "Arrays"). */
export type ScalarKind = 'string' | 'int' | 'int64' | 'float' | 'bool';
export type Scalar = string | number | bigint | boolean;

/** A word of the language; `offset` is the byte at which it begins. */
export type Token =
  | { readonly kind: 'scalar'; readonly type: ScalarKind; readonly value: Scalar; readonly offset: number }
  | { readonly kind: 'name' | 'sign'; readonly text: string; readonly offset: number }
  | { readonly kind: 'end'; readonly offset: number };

const NAME = /[A-Za-z*][-A-Za-z0-9_*]*/y;
const HEX = /0[xX][0-9A-Fa-f]+(L{0,2})/y;
const FLOAT = /[-+]?(?:[0-9]*\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)/y;
const INTEGER = /[-+]?[0-9]+(L{0,2})/y;
const LONGEST_NUMBER = 64;
const SIGNS = '=:;,{}[]()';
const BLANKS = ' \t\n\r\f';
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  '\\': '\\',
  '"': '"',
};

/**
 * Cuts libconfig text into tokens, skipping blanks and comments (libconfig manual, "Configuration File
 * Grammar").
 */
export class Scanner {
  private at = 0;

  /** @param text one character per byte (`latin1`), so that `\x` escapes can spell UTF-8 */
  constructor(private readonly text: string) {}

  /**
   * The next token; `end` for ever after the last.
   * @throws FormatError with line and column for whatever is no word of the language
   */
  next(): Token {
    this.skipBlanks();
    const offset = this.at;
    const char = this.text[offset];
    if (char === undefined) return { kind: 'end', offset };
    if (SIGNS.includes(char)) {
      this.at++;
      return { kind: 'sign', text: char, offset };
    }
    if (char === '"') return { kind: 'scalar', type: 'string', value: this.string(), offset };
    const word = this.match(NAME);
    if (word) return this.word(word[0], offset);
    const token = this.number(offset);
    if (token) return token;
    if (char === '@') {
      throw this.fault('@include is refused: write the settings out in this text', offset);
    }
    const shown = /[!-~]/.test(char)
      ? `'${char}'`
      : `byte 0x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
    throw this.fault(`unexpected ${shown}`, offset);
  }

  /** An error at a byte of this text. */
  fault(what: string, offset: number): FormatError {
    return new FormatError(`${what}.`, { ...textPosition(this.text, offset), offset });
  }

  private skipBlanks(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) return;
      if (BLANKS.includes(char)) this.at++;
      else if (char === '#' || this.text.startsWith('//', this.at)) this.skipLine();
      else if (this.text.startsWith('/*', this.at)) this.skipPast('*/');
      else return;
    }
  }

  /** libconfig knows such a comment by the line end behind it. */
  private skipLine(): void {
    const found = this.text.indexOf('\n', this.at);
    if (found === -1)
      throw this.fault('a line end must follow this comment, or devices refuse the text', this.at);
    this.at = found + 1;
  }

  private skipPast(closer: string): void {
    const found = this.text.indexOf(closer, this.at + closer.length);
    if (found === -1) throw this.fault('this comment is never closed with */', this.at);
    this.at = found + closer.length;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.at += found[0].length;
    return found;
  }

  private word(text: string, offset: number): Token {
    const lower = text.toLowerCase();
    if (lower !== 'true' && lower !== 'false') return { kind: 'name', text, offset };
    return { kind: 'scalar', type: 'bool', value: lower === 'true', offset };
  }

  private number(offset: number): Token | undefined {
    const hex = this.match(HEX);
    if (hex) return this.hex(hex, offset);
    const float = this.match(FLOAT);
    if (float) {
      // A point without digits is 0, as in libconfig.
      const value = /^[-+]?\.(?![0-9])/.test(float[0]) ? 0 : Number(float[0]);
      if (!Number.isFinite(value)) throw this.fault('this is not a number that fits', offset);
      return { kind: 'scalar', type: 'float', value, offset };
    }
    const integer = this.match(INTEGER);
    return integer ? this.integer(integer, offset) : undefined;
  }

  /** The digits are the bits of a number with a sign, as in libconfig. */
  private hex(found: RegExpExecArray, offset: number): Token {
    const value = this.bigint(found, offset);
    if (BigInt.asUintN(64, value) !== value) throw this.fault('this number needs more than 64 bits', offset);
    if (found[1] === '' && value <= 0xffffffffn) {
      return { kind: 'scalar', type: 'int', value: Number(BigInt.asIntN(32, value)), offset };
    }
    return { kind: 'scalar', type: 'int64', value: BigInt.asIntN(64, value), offset };
  }

  private integer(found: RegExpExecArray, offset: number): Token {
    const value = this.bigint(found, offset);
    if (BigInt.asIntN(64, value) !== value) throw this.fault('this number needs more than 64 bits', offset);
    if (found[1] === '' && BigInt.asIntN(32, value) === value) {
      return { kind: 'scalar', type: 'int', value: Number(value), offset };
    }
    return { kind: 'scalar', type: 'int64', value, offset };
  }

  private bigint(found: RegExpExecArray, offset: number): bigint {
    if (found[0].length > LONGEST_NUMBER) throw this.fault('this number has too many digits', offset);
    return BigInt(found[0].slice(0, found[0].length - (found[1] ?? '').length));
  }

  /** One quoted string; `at` is on its opening quote. */
  private string(): string {
    const start = this.at++;
    const parts: string[] = [];
    let from = this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) throw this.fault('this string is never closed with "', start);
      if (char === '\0') throw this.fault('a string cannot hold a NUL byte', this.at);
      if (char === '"') break;
      if (char !== '\\') {
        this.at++;
        continue;
      }
      parts.push(this.text.slice(from, this.at), this.escape());
      from = this.at;
    }
    parts.push(this.text.slice(from, this.at++));
    return parts.join('');
  }

  /** One escape; a backslash that begins none stands for itself, as in libconfig. */
  private escape(): string {
    const next = this.text[this.at + 1] ?? '';
    const code = /^[xX]([0-9A-Fa-f]{2})$/.exec(this.text.slice(this.at + 1, this.at + 4));
    if (code?.[1] === '00') throw this.fault('a string cannot hold a NUL byte', this.at);
    const plain = ESCAPES[next];
    this.at += code ? 4 : plain === undefined ? 1 : 2;
    return code ? String.fromCharCode(Number.parseInt(code[1] ?? '', 16)) : (plain ?? '\\');
  }
}

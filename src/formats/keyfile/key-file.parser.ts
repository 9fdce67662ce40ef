import { FormatError, quoted } from '../format.error';

/** A value and where it stands. */
export interface KeyFileValue {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** The settings of one group; where a key is set more than once, the last one counts. */
export type KeyFileGroup = ReadonlyMap<string, KeyFileValue>;

/** A second setting of a key. */
export interface KeyFileRepetition {
  readonly group: string;
  readonly key: string;
  readonly value: KeyFileValue;
}

/** A text of GLib's GKeyFile: groups in the order in which they first occur. */
export interface KeyFile {
  readonly groups: ReadonlyMap<string, KeyFileGroup>;
  /** Whatever sets a key again that its group has already. */
  readonly repeated: readonly KeyFileRepetition[];
}

const BLANKS = /^[ \t\v\f\r\n]+/;
const GROUP = /^\[([^\]]*)\][ \t]*$/;
const GROUP_NAME = /^[^[\]\p{Cc}]+$/u;
/** Letters, digits and whatever else, then perhaps a locale. */
const KEY = /^[^=[\]\p{Cc}]+(?:\[[\p{L}\p{N}\-_.@]*\])?$/u;
const ESCAPES: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };

/**
 * Parses the text of a key file by the rules of GLib (GKeyFile; Desktop Entry Specification, "Basic format of the
 * file"): no escapes are resolved yet, since lists separate before they do.
 * @throws FormatError with line and column
 */
export function parseKeyFile(bytes: Buffer): KeyFile {
  const groups = new Map<string, Map<string, KeyFileValue>>();
  const repeated: KeyFileRepetition[] = [];
  let current: { readonly name: string; readonly keys: Map<string, KeyFileValue> } | undefined;
  linesOf(bytes).forEach((raw, index) => {
    const line = new Line(raw, index + 1);
    if (line.isEmpty) return;
    const name = line.group();
    if (name !== undefined) {
      current = { name, keys: groups.get(name) ?? new Map<string, KeyFileValue>() };
      groups.set(name, current.keys);
      return;
    }
    const { key, value } = line.setting();
    if (!current) throw line.fault('this setting stands before the first [group]');
    if (current.keys.has(key)) repeated.push({ group: current.name, key, value });
    current.keys.set(key, value);
  });
  return { groups, repeated };
}

/** A value as a string, its escapes resolved; what is none stands for itself, as RAUC has it. */
export function keyFileString({ text }: KeyFileValue): string {
  return text.replace(/\\([^]?)/gu, (escape: string, letter: string) => {
    if (letter === '') return '';
    return Object.hasOwn(ESCAPES, letter) ? (ESCAPES[letter] ?? escape) : escape;
  });
}

/** A value as a list: parts that end in `;`, escapes resolved, without the empty ones. */
export function keyFileList(value: KeyFileValue): string[] {
  const parts = value.text.match(/(?:\\[^]|[^;\\])+/gu) ?? [];
  return parts
    .map((text) => keyFileString({ ...value, text: text.replaceAll('\\;', ';') }))
    .filter((text) => text !== '');
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at <= bytes.length;) {
    const found = bytes.indexOf(0x0a, at);
    const end = found === -1 ? bytes.length : found;
    lines.push(bytes.subarray(at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end));
    at = end + 1;
  }
  return lines;
}

/** One line without its end. Comments may be in any encoding. */
class Line {
  private readonly text: string;
  private readonly indent: number;

  constructor(
    raw: Buffer,
    private readonly number: number,
  ) {
    const whole = raw.toString('utf8');
    this.indent = BLANKS.exec(whole)?.[0].length ?? 0;
    this.text = whole.slice(this.indent);
    if (!this.isEmpty && !Buffer.from(whole).equals(raw)) {
      throw this.fault('this is not UTF-8', whole.indexOf('\ufffd') - this.indent);
    }
  }

  /** Nothing or a comment. */
  get isEmpty(): boolean {
    return this.text === '' || this.text.startsWith('#');
  }

  /** The group that it opens. */
  group(): string | undefined {
    const name = GROUP.exec(this.text)?.[1];
    if (name !== undefined && !GROUP_NAME.test(name)) {
      throw this.fault(`${quoted(name)} cannot be the name of a group`, 1);
    }
    return name;
  }

  setting(): { key: string; value: KeyFileValue } {
    const equals = this.text.indexOf('=');
    if (equals === -1) {
      throw this.fault(`${quoted(this.text)} is neither a [group], nor a key=value, nor a # comment`);
    }
    const key = this.text.slice(0, equals).replace(/[ \t\v\f\r]+$/, '');
    if (!KEY.test(key)) throw this.fault(`${quoted(key)} cannot be the name of a key`);
    const after = this.text.slice(equals + 1);
    const text = after.replace(BLANKS, '');
    if (text.includes('\0')) throw this.fault('a value cannot hold a NUL byte', this.text.indexOf('\0'));
    const column = this.columnOf(this.text.length - text.length);
    return { key, value: { text, line: this.number, column } };
  }

  fault(what: string, at = 0): FormatError {
    return new FormatError(`${what}.`, { line: this.number, column: this.columnOf(at) });
  }

  private columnOf(at: number): number {
    return this.indent + [...this.text.slice(0, Math.max(0, at))].length + 1;
  }
}

import type { Chance } from '../../fuzz/chance';

const NAMES = ['a', 'b', 'c', 'd-e', 'f_1', '*', 'g*', 'trueish', 'False_', 'software', 'L', 'x', 'e5'];
const INTEGERS = [
  ...['0', '-0', '+7', '007', '42', '-1', '2147483647', '-2147483648', '5L', '-5LL', '+0L', '12345678901L'],
  ...['9223372036854775807L', '-9223372036854775808LL', '0x0', '0xff', '0XAb', '0x7fffffff', '0x80000000'],
  ...['0xffffffff', '0x1FL', '0xffLL', '0x7fffffffffffffffL', '0xffffffffffffffffL'],
];
/** Versions before 1.7 cut them to 32 bits. */
const WIDE_INTEGERS = [
  '2147483648',
  '-2147483649',
  '9223372036854775807',
  '-9223372036854775808',
  '4294967296',
];
const FLOATS = [
  '1.5',
  '-1.5',
  '+.5',
  '1.',
  '1e3',
  '1E-3',
  '-2.5e+10',
  '0.1',
  '1.0',
  '3.14159265358979',
  '.5e2',
];
const BOOLEANS = ['true', 'false', 'TRUE', 'False', 'tRuE'];
const LETTERS = [
  ...['a', 'Z', ' ', 'é', '€', '🙂', '#', '//', '/*', '*/', '@', '{', ';', "'", '\n', '\t'],
  ...[
    '\\n',
    '\\r',
    '\\t',
    '\\f',
    '\\\\',
    '\\"',
    '\\x41',
    '\\x7e',
    '\\xC3\\xA9',
    '\\q',
    '\\',
    '\\x4',
    '\\xZZ',
    '\\a',
  ],
];
const BLANKS = [
  '',
  '',
  '',
  ' ',
  ' ',
  '\n',
  '\t',
  '\r\n',
  '\f',
  ' # note\n',
  ' // note\n',
  '/* note */',
  '/**/',
  '\n\n',
];
const STRAY = [
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '=',
    ':',
    ';',
    ',',
    '"',
    '\\',
    '#',
    '//',
    '/*',
    '*/',
    '.',
    '-',
    '+',
    '0x',
    'L',
  ],
  ...[
    '1',
    'e',
    '1e',
    'true',
    'x',
    '"s"',
    '_',
    '$',
    'é',
    '1.5',
    '==',
    '-.',
    '+-1',
    '1LLL',
    '0x1G',
    '.e1',
    '\v',
    '/',
  ],
];
const STRING_OR_COMMENT = /"(?:\\[^]|[^"\\])*"|\/\*[^]*?\*\/|(?:#|\/\/).*\n/g;
const MOST_DEPTH = 5;

/** Configurations in libconfig's language by its grammar, many of them then broken. */
export class LibconfigTexts {
  private readonly integers: readonly string[];

  /** @param isModern for version 1.7 or later, which takes commas before a closer and wide integers without L */
  constructor(
    private readonly chance: Chance,
    private readonly isModern: boolean,
  ) {
    this.integers = isModern ? [...INTEGERS, ...WIDE_INTEGERS] : INTEGERS;
  }

  next(): string {
    for (;;) {
      const words = this.settings(0);
      if (this.chance.happens(0.5)) this.break(words);
      const text = words.map((word) => word + this.blank(word)).join('');
      if (this.isSettled(text)) return text;
    }
  }

  /** Whether this version of libconfig reads the text as others do, and as its manual says. */
  private isSettled(text: string): boolean {
    if (/[0-9]{19}|0[xX][0-9A-Fa-f]{9}/.test(text.replace(/[0-9A-Fa-fxX]+L/g, ''))) return false;
    if (this.isModern) return true;
    const bare = text.replace(STRING_OR_COMMENT, (part) => (part.startsWith('"') ? 's' : ' '));
    if (/,\s*[,)\]]/.test(bare)) return false;
    return !/(?<![0-9A-Za-z.])[-+]?[0-9]{10,}(?![0-9]*L)/.test(
      text.replaceAll(/2147483647|-2147483648/g, ''),
    );
  }

  /** Words that could run into each other get something between them, most of the time. */
  private blank(word: string): string {
    const blank = this.chance.pick(BLANKS);
    return blank === '' && /[\w*-]$/.test(word) && this.chance.happens(0.9) ? ' ' : blank;
  }

  private settings(depth: number): string[] {
    const names = this.chance.happens(0.95) ? this.chance.shuffled(NAMES) : NAMES.map(() => 'a');
    return names.slice(0, this.chance.below(5)).flatMap((name) => this.setting(name, depth));
  }

  private setting(name: string, depth: number): string[] {
    return [
      name,
      this.chance.pick(['=', ':']),
      ...this.value(depth),
      ...this.chance.pick([[';'], [','], []]),
    ];
  }

  private value(depth: number): string[] {
    const { chance } = this;
    const isDeep = depth >= MOST_DEPTH;
    return chance.weighted<() => string[]>([
      [4, () => [this.number()]],
      [4, () => this.text()],
      [1, () => [chance.pick(BOOLEANS)]],
      [isDeep ? 0 : 3, () => ['{', ...this.settings(depth + 1), '}']],
      [isDeep ? 0 : 3, () => this.list(depth + 1)],
      [isDeep ? 0 : 2, () => this.array()],
    ])();
  }

  private number(): string {
    const { chance } = this;
    if (chance.happens(0.3)) return chance.pick(FLOATS);
    if (chance.happens(0.7)) return chance.pick(this.integers);
    return String(chance.below(2 ** chance.between(1, this.isModern ? 52 : 31)) * chance.pick([1, -1]));
  }

  /** One string, or several side by side. */
  private text(): string[] {
    const { chance } = this;
    return Array.from({ length: chance.pick([1, 1, 1, 2, 3]) }, () => {
      const letters = Array.from({ length: chance.below(8) }, () => chance.pick(LETTERS)).join('');
      // A backslash at the end would escape the closing quote.
      return `"${letters.replace(/(?<!\\)((?:\\\\)*)\\$/, '$1')}"`;
    });
  }

  private list(depth: number): string[] {
    return this.joined('(', ')', () => this.value(depth));
  }

  private array(): string[] {
    const element = this.chance.pick([
      () => [this.number()],
      () => [this.chance.pick(['1', '2', '0x3', '-4'])],
      () => [this.chance.pick(FLOATS)],
      () => this.text(),
      () => [this.chance.pick(BOOLEANS)],
    ]);
    return this.joined('[', ']', element);
  }

  private joined(opener: string, closer: string, element: () => string[]): string[] {
    const elements = Array.from({ length: this.chance.below(4) }, element);
    const words = elements.flatMap((each, at) => (at === 0 ? each : [',', ...each]));
    return [opener, ...words, ...(this.isModern && this.chance.happens(0.1) ? [','] : []), closer];
  }

  private break(words: string[]): void {
    for (let left = this.chance.pick([1, 1, 2, 4]); left > 0; left--) {
      const at = this.chance.below(words.length + 1);
      this.chance.pick([
        () => words.splice(at, 1),
        () => words.splice(at, 0, this.chance.pick(STRAY)),
        () => words.splice(at, 1, this.chance.pick(STRAY)),
        () => words.splice(at, 0, ...words.slice(at, at + 1)),
        () => words.splice(at),
      ])();
    }
  }
}

import { parseLibconfig } from '../../src/formats/libconfig/libconfig.parser';
import { parseJsonDescription } from '../../src/formats/swu/json-description';
import { LibconfigTexts } from '../e2e/oracles/libconfig-texts';
import { cut, damaged } from './damage';
import { aDescriptionText } from './description-texts';
import type { FormatFuzzer, Spoilt } from './format-fuzzer';

const MOST_BYTES = 1024 * 1024;
/** A text of a megabyte takes as long as thousands of small ones. */
const HUGE_EACH = 1000;
const NESTED = 200_000;

type Wrapper = readonly [before: string, behind: string];
const LIBCONFIG_WRAPPERS: readonly Wrapper[] = [
  ['a = (', ');'],
  ['a = ', ''],
  ['a = {', '};'],
  ['a = [', '];'],
  ['', ''],
];
const JSON_WRAPPERS: readonly Wrapper[] = [
  ['{"a":[', '0]}'],
  ['{"a":', ''],
  ['{', '"b":0}'],
];
const LIBCONFIG_PARTS = [
  ...[
    '(',
    '{a=',
    '[',
    '({a=',
    '((',
    '{}',
    '(),',
    '{},',
    '[],',
    'a=1 ',
    '"',
    '""',
    '\\',
    '\\x41',
    '9',
    '1.',
    '-',
    '.',
    '0x',
  ],
  ...['/*', '/**/', '//', '#\n', '// \n', ',', ';', '=', 'a', '*', '\n', ' ', 'true ', '@include', '\0', 'é'],
];
const JSON_PARTS = [
  ...[
    '[',
    '{"a":',
    '[{"a":',
    '{},',
    '[],',
    '0,',
    '"",',
    '"a":1,',
    '"',
    '\\',
    '\\u0000',
    '9',
    '-',
    'e',
    '1e',
    '{',
    '}',
    ']',
  ],
  ...['"__proto__":{},', '{"a":1},', '[1],', ' ', '\n', '\0', 'é', 'null,', 'true,'],
];
const JSON_WORDS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"__proto__"',
    '"constructor"',
    '"\\u0000"',
    '"\\ud800"',
    '1',
    '-0',
    '1e999',
  ],
  ...[
    '1e-999',
    'null',
    'true',
    'NaN',
    "'a'",
    '"',
    '\\',
    '//',
    '\u2028',
    '\ufeff',
    '"\\x41"',
    '01',
    '.5',
    '-',
  ],
];
const LIBCONFIG_WORDS = [
  '__proto__ = 1;',
  'constructor = { prototype = 1; };',
  'toString: (',
  'a.b = 1;',
  '@include "x"\n',
];

/** The language of sw-description, and of much else. */
export const libconfigFuzzer: FormatFuzzer = {
  name: 'libconfig',
  share: 2,
  spoil: (chance, number) => {
    if (number % HUGE_EACH === 0) return huge(LIBCONFIG_WRAPPERS, LIBCONFIG_PARTS, number / HUGE_EACH);
    const text = Buffer.from(new LibconfigTexts(chance, true).next());
    const other = Buffer.from(chance.pick(LIBCONFIG_WORDS));
    return chance.weighted<() => Spoilt>([
      [3, () => ({ how: 'by the grammar', bytes: text })],
      [3, () => damaged(text, chance, other)],
      [1, () => cut(text, number)],
      [1, () => ({ how: 'names of prototypes', bytes: Buffer.concat([text, other]) })],
      [1, () => ({ how: 'any bytes', bytes: chance.bytes(chance.below(200)) })],
    ])();
  },
  read: (bytes) => sizeOf(parseLibconfig(bytes)),
};

/** The description in JSON. */
export const jsonFuzzer: FormatFuzzer = {
  name: 'json-description',
  share: 1.5,
  spoil: (chance, number) => {
    if (number % HUGE_EACH === 0) return huge(JSON_WRAPPERS, JSON_PARTS, number / HUGE_EACH);
    const text = Buffer.from(aDescriptionText(chance).text);
    const words = (): string =>
      Array.from({ length: chance.below(20) }, () => chance.pick(JSON_WORDS)).join('');
    return chance.weighted<() => Spoilt>([
      [2, () => ({ how: 'a description', bytes: text })],
      [3, () => damaged(text, chance, Buffer.from(words()))],
      [1, () => cut(text, number)],
      [2, () => ({ how: 'words of JSON', bytes: Buffer.from(`{"a":${words()}`) })],
      [1, () => ({ how: 'any bytes', bytes: chance.bytes(chance.below(200)) })],
    ])();
  },
  read: (bytes) => sizeOf(parseJsonDescription(bytes)),
};

/** One part after the other repeated, up to the largest text that is read at all, or as nesting of 200 000 levels. */
function huge(wrappers: readonly Wrapper[], parts: readonly string[], turn: number): Spoilt {
  const part = parts[turn % parts.length] ?? '';
  const [before, behind] = wrappers[Math.floor(turn / parts.length) % wrappers.length] ?? ['', ''];
  const most = Math.floor((MOST_BYTES - before.length - behind.length) / Buffer.byteLength(part));
  const times = turn % 7 === 0 ? most + 1 : turn % 3 === 0 ? Math.min(NESTED, most) : most;
  return { how: 'one part repeated', bytes: Buffer.from(before + part.repeat(times) + behind) };
}

/** The tree itself would make the comparison of two readings the slowest part. */
function sizeOf(tree: ReadonlyMap<string, unknown>): readonly string[] {
  return [...tree.keys()].slice(0, 100);
}

import type { Chance } from '../fuzz/chance';

/** A value of a description before it is written down; entries may repeat a name. */
type Value = string | number | boolean | Value[] | Entries;
interface Entries {
  readonly entries: readonly (readonly [name: string, value: Value])[];
}

const SECTIONS = [
  'my-board',
  'stable',
  'main',
  'alt',
  'common',
  '__proto__',
  'constructor',
  'toString',
  'ref',
  'x',
];
const LISTS = ['images', 'files', 'scripts', 'hardware-compatibility', 'partitions', 'bootenv', 'many'];
const REFS = [
  '#./common',
  '#../common',
  '#/software',
  '#./../../..',
  '#software/x',
  '#./images',
  '#',
  'common',
  '#./ref',
  '#//',
  '#./version',
];
const TEXTS = [
  '1.0',
  '',
  'a',
  'b',
  '__proto__',
  'rev4',
  '#RE:^rev[0-9]+$',
  '#RE:(a+)+$',
  'é€🙂',
  'x'.repeat(300),
  'sw-description',
];
const HASHES = ['', '00', '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', 'Z'.repeat(64)];
const MOST_DEPTH = 5;

/** A description of sections, lists and links at random, in libconfig or JSON. */
export function aDescriptionText(chance: Chance): { how: string; text: string } {
  const root: Entries = { entries: [['software', software(chance)]] };
  return chance.happens(0.5)
    ? { how: 'description in JSON', text: asJson(root) }
    : { how: 'description in libconfig', text: asLibconfig(root, true) };
}

function software(chance: Chance): Value {
  const { entries } = section(chance, 0);
  return chance.happens(0.8) ? { entries: [['version', chance.pick(TEXTS)], ...entries] } : { entries };
}

function section(chance: Chance, depth: number): Entries {
  const names = chance.shuffled([...SECTIONS, ...LISTS, 'version', 'description', 'name']);
  return {
    entries: names.slice(0, chance.below(6)).map((name) => {
      if (chance.happens(0.02)) return [names[0] ?? name, 1];
      if (chance.happens(0.15)) return [name, { entries: [['ref', chance.pick(REFS)]] }];
      if (LISTS.includes(name)) return [name, list(chance, name)];
      if (SECTIONS.includes(name) && depth < MOST_DEPTH) return [name, section(chance, depth + 1)];
      return [name, scalar(chance)];
    }),
  };
}

function list(chance: Chance, name: string): Value {
  if (chance.happens(0.05)) return scalar(chance);
  return Array.from({ length: chance.pick([0, 1, 2, 3, 30]) }, () => {
    if (chance.happens(0.1)) return { entries: [['ref', chance.pick(REFS)]] };
    return name === 'hardware-compatibility' ? chance.pick(TEXTS) : image(chance);
  });
}

function image(chance: Chance): Entries {
  const entries: [string, Value][] = [
    ['filename', chance.pick(TEXTS)],
    ['version', chance.happens(0.8) ? chance.pick(TEXTS) : scalar(chance)],
    ['sha256', chance.pick(HASHES)],
    ['encrypted', chance.pick<Value>([true, false, 'aes-cbc', 1])],
  ];
  return { entries: entries.filter(() => chance.happens(0.7)) };
}

function scalar(chance: Chance): Value {
  return chance.pick<Value>([chance.pick(TEXTS), chance.below(100), true, 1.5, -1]);
}

function asJson(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(asJson).join()}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${value.entries.map(([name, child]) => `${JSON.stringify(name)}:${asJson(child)}`).join()}}`;
}

/** The language has no names that begin with a line; those are left to JSON. */
function asLibconfig(value: Value, isRoot = false): string {
  if (Array.isArray(value)) return `(${value.map((each) => asLibconfig(each)).join()})`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const settings = value.entries
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, child]) => `${name} = ${asLibconfig(child)};\n`)
    .join('');
  return isRoot ? settings : `{ ${settings} }`;
}

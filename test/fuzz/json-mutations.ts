import type { Chance } from './chance';
import { group, type Mutation, type Scene } from './mutation';
import { setHeader, type Draft } from './request';

/** Values that stand where others are expected. */
export const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    1e300,
    2 ** 31,
    2 ** 53,
    '',
    ' ',
    '0',
    'closed',
    '[closed]',
    'x'.repeat(5000),
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    [{}],
    { a: {} },
    ['closed'],
    { closed: 'closed' },
    '\u0000',
    '\ud800',
    '\udfff\ud800',
    'ä🦜',
    '\u202e',
  ],
  ...[
    '__proto__',
    'constructor',
    '\u007f',
    "'; DROP TABLE action; --",
    '\\u0000',
    '2026-01-01',
    Array.from({ length: 300 }, () => 'x'),
  ],
];
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'status',
  'data',
  'id',
  'mode',
  'details',
  '\u0000',
  'x'.repeat(200),
  'ä',
];

/** The places of a tree, each as a way to put something else there. */
function places(value: unknown, put: (value: unknown) => void): ((value: unknown) => void)[] {
  if (typeof value !== 'object' || value === null) return [put];
  const entries = Object.entries(value);
  const inner = entries.flatMap(([key, item]) =>
    places(item, (other) => void ((value as Record<string, unknown>)[key] = other)),
  );
  return [put, ...inner];
}

/** A copy with one place changed. */
export function withOddity(value: unknown, chance: Chance): unknown {
  const root = { value: structuredClone(value) };
  const all = places(root.value, (other) => void (root.value = other));
  chance.pick(all)(chance.pick(ODD_VALUES));
  return root.value;
}

/** A copy with one member more, or one less, somewhere. */
function withOtherMembers(value: unknown, chance: Chance): unknown {
  const copy = structuredClone(value) as Record<string, unknown> | undefined;
  if (typeof copy !== 'object') return chance.pick(ODD_VALUES);
  const inner = Object.values(copy).filter((item) => typeof item === 'object' && item !== null);
  const target = chance.pick([copy, ...inner]) as Record<string, unknown>;
  const keys = Object.keys(target);
  if (keys.length > 0 && chance.happens(0.6)) Reflect.deleteProperty(target, chance.pick(keys));
  else Object.defineProperty(target, chance.pick(KEYS), { value: chance.pick(ODD_VALUES), enumerable: true });
  return copy;
}

const onValue =
  (change: (value: unknown, chance: Chance) => unknown): Mutation['spoil'] =>
  (draft, { chance, sound }) => {
    draft.body = Buffer.from(JSON.stringify(change(sound.body ?? {}, chance)) ?? '');
    setHeader(draft, 'Content-Type', 'application/json');
  };

const onText =
  (change: (text: string, scene: Scene) => string | Buffer): Mutation['spoil'] =>
  (draft, scene) => {
    const text = JSON.stringify(scene.sound.body ?? {});
    const changed = change(text, scene);
    draft.body = typeof changed === 'string' ? Buffer.from(changed) : changed;
    setHeader(draft, 'Content-Type', 'application/json');
  };

/** The text with something put in at a comma, a colon or a brace. */
function inserted(text: string, something: string, chance: Chance): string {
  const joints = [...text.matchAll(/[,:{[]/g)].map(({ index }) => index + 1);
  const at = joints.length === 0 ? 0 : chance.pick(joints);
  return text.slice(0, at) + something + text.slice(at);
}

const TOKENS = [
  ...[
    'NaN',
    'Infinity',
    '-',
    '01',
    '1e400',
    '-1e-400',
    '.5',
    '0x10',
    "'x'",
    '//x\n',
    '/* */',
    ',',
    ',,',
    'undefined',
    'True',
    '"',
    '{',
    ']',
  ],
  ...[
    '"a":1,',
    '"__proto__":{"status":1},',
    '"constructor":{"prototype":{}},',
    '"\\ud800":1,',
    '"\\u0000":"\\u0000",',
    '"a\nb":"c\td",',
  ],
  ...[
    '\u0000',
    '\u001f',
    '\ufeff',
    '\u2028',
    '9'.repeat(500),
    `${'9'.repeat(400)}.${'9'.repeat(400)}`,
    '"status":null,',
    '"data":[],',
  ],
];

function nested(chance: Chance): string {
  const depth = chance.pick([10, 100, 5000, 60_000]);
  const [open, close] = chance.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return `${open.repeat(depth)}1${chance.happens(0.7) ? close.repeat(depth) : ''}`;
}

function flipped(body: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(body);
  for (let times = chance.between(1, 4); times > 0 && copy.length > 0; times -= 1)
    copy[chance.below(copy.length)] = chance.below(256);
  return copy;
}

function manyMembers(chance: Chance): unknown {
  const count = chance.pick([50, 101, 999, 1001, 8000]);
  const data = Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
  const details = Array.from({ length: count }, (_, n) => `line ${n}`);
  const status = { execution: 'proceeding', result: { finished: 'none' }, details };
  return { data, status, confirmation: 'denied', details };
}

function large(draft: Draft, chance: Chance): void {
  const bytes = chance.pick([20_000, 100_000, 262_144, 262_145, 400_000]);
  draft.body = Buffer.from(JSON.stringify({ status: {}, data: {}, filler: 'x'.repeat(bytes) }));
  // Past 256 KiB the server need not read on.
  if (bytes > 200_000 && draft.framing === 'exact') draft.framing = 'loose';
}

/** Bodies in JSON, or in what was JSON. */
export const JSON_MUTATIONS: readonly Mutation[] = group('json', {
  'odd value': onValue(withOddity),
  'odd value, twice': onValue((value, chance) => withOddity(withOddity(value, chance), chance)),
  'members changed': onValue(withOtherMembers),
  'all of it odd': onValue((_value, chance) => chance.pick(ODD_VALUES)),
  'many members': onValue((_value, chance) => manyMembers(chance)),
  'odd token': onText((text, { chance }) => inserted(text, chance.pick(TOKENS), chance)),
  truncated: onText((text, { chance }) => text.slice(0, chance.below(text.length + 1))),
  'bytes flipped': onText((text, { chance }) => flipped(Buffer.from(text), chance)),
  'deep inside': onText((text, { chance }) => inserted(text, nested(chance), chance)),
  'deep alone': onText((_text, { chance }) => nested(chance)),
  'something behind': onText(
    (text, { chance }) => text + chance.pick(['x', '{}', '\u0000', ' \n', ',', '}', text]),
  ),
  'control characters': onText((text, { chance }) =>
    text.replaceAll(/[a-z](?=[a-z]*")/g, (letter) =>
      chance.happens(0.2) ? chance.pick(['\n', '\t', '\u0001', '"', '\\', letter]) : letter,
    ),
  ),
  'lone surrogates': onText((text, { chance }) =>
    text.replaceAll(/"([^"]{2})/g, (all, two: string) => (chance.happens(0.3) ? `"\\ud83e${two}` : all)),
  ),
  'byte order mark': onText((text) => `\ufeff${text}`),
  'another charset': onText((text, { chance }) =>
    Buffer.from(text, chance.pick(['utf16le', 'latin1'] as const)),
  ),
  empty: (draft) => {
    draft.body = Buffer.alloc(0);
  },
  noise: onText((_text, { chance }) => chance.bytes(chance.below(200))),
  large: (draft, { chance }) => large(draft, chance),
});

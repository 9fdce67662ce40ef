import { CpioReader } from '../../src/formats/cpio/cpio.reader';
import { SwuReader } from '../../src/formats/swu/swu.reader';
import type { Chance } from '../fuzz/chance';
import { cut, damaged } from './damage';
import { aDescriptionText } from './description-texts';
import type { FormatFuzzer, Spoilt } from './format-fuzzer';
import { anArchive, fixtureMembers, type MemberSource } from './small-bundles';

const SOURCES = fixtureMembers();
const ARCHIVES = SOURCES.map((members) => anArchive(members));
const SMALLEST = ARCHIVES.reduce((least, each) => (each.length < least.length ? each : least));
const LIES = [
  0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 110, 4096, 4097, 0x100000, 0x100001,
];
const BAD_NAMES = [
  ...[
    '../x',
    '..',
    '/etc/passwd',
    'a/../../x',
    '\\x',
    'C:\\x',
    'a\\..\\x',
    '',
    '.',
    './',
    'x\0y',
    '\0',
    'TRAILER!!!',
  ],
  ...[
    '__proto__',
    'constructor',
    'sw-description',
    'sw-description.sig',
    'x'.repeat(255),
    'x'.repeat(5000),
    'é\n€',
  ],
];
const KEPT = 4096;
const MANY_EACH = 2000;

/** Archives as such; what is in them does not count. */
export const cpioFuzzer: FormatFuzzer = {
  name: 'cpio',
  share: 2,
  spoil: spoiltBundle,
  read: (bytes, chunk) => {
    const heard: unknown[] = [];
    const reader = new CpioReader({
      memberBegins: ({ name, sizeBytes, offset }) => {
        if (heard.length < 100) heard.push([name, sizeBytes, offset]);
        return sizeBytes > KEPT ? 0 : KEPT;
      },
      memberEnds: (_member, content) => {
        if (heard.length < 100) heard.push(content.length);
      },
    });
    feed(reader, bytes, chunk);
    reader.end();
    return [heard, reader.hasDataAfterTrailer];
  },
};

/** Whole bundles, with descriptions in both languages. */
export const swuFuzzer: FormatFuzzer = {
  name: 'swu',
  share: 3,
  spoil: (chance, number) => (chance.happens(0.5) ? describedBundle(chance) : spoiltBundle(chance, number)),
  read: (bytes, chunk) => {
    const reader = new SwuReader({ missingImages: bytes.length % 2 === 0 ? 'warn' : 'refuse' });
    feed(reader, bytes, chunk);
    return reader.end();
  },
};

function feed(reader: { write(chunk: Buffer): void }, bytes: Buffer, chunk: number): void {
  for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
}

function spoiltBundle(chance: Chance, number: number): Spoilt {
  if (number % MANY_EACH === 0) return chance.happens(0.5) ? manyMembers(chance) : manyImages();
  return chance.weighted<() => Spoilt>([
    [4, () => damaged(chance.pick(ARCHIVES), chance, chance.pick(ARCHIVES))],
    [2, () => cut(SMALLEST, number)],
    [3, () => lyingArchive(chance)],
    [1, () => ({ how: 'any bytes', bytes: chance.bytes(chance.below(400)) })],
    [
      1,
      () => ({
        how: 'any bytes behind a magic',
        bytes: Buffer.concat([Buffer.from('070701'), chance.bytes(300)]),
      }),
    ],
  ])();
}

/** Members whose headers lie, or whose names lead elsewhere. */
function lyingArchive(chance: Chance): Spoilt {
  const members = [...chance.pick(SOURCES)];
  const at = chance.below(members.length);
  const member = members[at] as MemberSource;
  const near = chance.between(-5, 5);
  const [how, lie] = chance.pick<[string, Partial<MemberSource>]>([
    ['lying size', { sizeBytes: chance.pick([...LIES, Math.max(0, member.content.length + near)]) }],
    ['lying length of a name', { nameBytes: chance.pick([...LIES, Math.max(0, member.name.length + near)]) }],
    ['wrong checksum', { checksum: chance.pick(LIES) }],
    ['bad name', { name: chance.pick(BAD_NAMES) }],
    ['name of any bytes', { name: chance.bytes(chance.between(1, 20)) }],
  ]);
  members[at] = { ...member, ...lie };
  return {
    how,
    bytes: anArchive(
      chance.happens(0.2) ? chance.shuffled(members) : members,
      chance.pick(['070701', '070702']),
    ),
  };
}

function manyMembers(chance: Chance): Spoilt {
  const [description] = SOURCES[0] ?? [];
  const empty = Array.from({ length: chance.between(4090, 6000) }, (_, at) => ({
    name: `m${at}`,
    content: Buffer.alloc(0),
  }));
  return { how: 'thousands of members', bytes: anArchive([...(description ? [description] : []), ...empty]) };
}

/** A description of a megabyte. */
function manyImages(): Spoilt {
  const images = Array.from(
    { length: 20_000 },
    (_, at) => `{ filename = "f${at}"; sha256 = "${at}"; }`,
  ).join();
  const content = Buffer.from(`software = { version = "1"; images = (${images}); };`);
  return { how: 'thousands of images', bytes: anArchive([{ name: 'sw-description', content }]) };
}

/** Sound archives whose description is the trouble. */
function describedBundle(chance: Chance): Spoilt {
  const { text, how } = aDescriptionText(chance);
  const files = ['a', 'b', '__proto__', 'sw-description.sig'].filter(() => chance.happens(0.5));
  const content = chance.happens(0.1)
    ? damaged(Buffer.from(text), chance, Buffer.from(text)).bytes
    : Buffer.from(text);
  const members = [
    { name: 'sw-description', content },
    ...files.map((name) => ({ name, content: Buffer.from('x') })),
  ];
  return { how, bytes: anArchive(members) };
}

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { BufferSource } from '../../src/formats/byte-source';
import { FormatError } from '../../src/formats/format.error';
import { looksLikeRaucb, readRaucb } from '../../src/formats/raucb/raucb.reader';
import { Chance } from '../fuzz/chance';
import { MOST_MS } from './fuzz-figures';
import { der, raucbOf, unsignedCms } from '../support/raucb-bundle';
import { PACKED_MANIFEST_BYTES, PACKED_MANIFESTS } from '../support/packed-manifests';
import { PACKERS, squashfsImage, type SquashfsFile } from '../support/squashfs-image';

const FIXTURES = join(__dirname, '../fixtures/raucb');
const LARGEST_GROWTH_BYTES = 64 * 1024 * 1024;
const MANIFEST = 'manifest.raucm';

/** How the inputs ended. */
export interface FuzzOutcome {
  readonly facts: number;
  readonly refusals: number;
}

interface Sample {
  readonly bytes: Buffer;
  /** Where the image's tables and the CMS lie; what precedes them is the content of an image. */
  readonly tablesAt: number;
}

/**
 * Reads `count` spoilt bundles; the same seed gives the same ones.
 * @throws Error with the number of the input when one gives anything but facts or a FormatError, takes more than a
 * second of the processor, or more than 64 MiB
 */
export async function fuzzRaucb(seed: number | string, count: number): Promise<FuzzOutcome> {
  const samples = readSamples();
  const outcome = { facts: 0, refusals: 0 };
  for (let number = 0; number < count; number++) {
    const chance = new Chance('raucb', seed, number);
    const input = inputOf(chance, samples);
    try {
      if (await isRead(input)) outcome.facts++;
      else outcome.refusals++;
    } catch (cause) {
      throw new Error(`input ${number} of seed ${seed}: ${String(cause)}`, { cause });
    }
  }
  return outcome;
}

async function isRead(input: Buffer): Promise<boolean> {
  const source = new BufferSource(input);
  const [begun, before] = [process.cpuUsage(), allocatedBytes()];
  let isFacts = true;
  try {
    const { compatible, encryptedManifest } = await readRaucb(source);
    if (compatible === '' && !encryptedManifest) throw new Error('facts without a compatible');
    if (!(await looksLikeRaucb(source))) throw new Error('read, but not recognised');
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    isFacts = false;
  }
  // Of the processor: what else the machine does is no fault of the reader.
  const { user, system } = process.cpuUsage(begun);
  const tookMs = (user + system) / 1000;
  if (tookMs > MOST_MS) throw new Error(`it took ${Math.round(tookMs)} ms of the processor`);
  const grownBytes = allocatedBytes() - before;
  if (grownBytes > LARGEST_GROWTH_BYTES) throw new Error(`it took ${grownBytes} bytes`);
  return isFacts;
}

function allocatedBytes(): number {
  const { used_heap_size: heapBytes, external_memory: bufferBytes } = getHeapStatistics();
  return heapBytes + bufferBytes;
}

function readSamples(): Sample[] {
  return readdirSync(FIXTURES)
    .sort()
    .map((name) => readFileSync(join(FIXTURES, name)))
    .map((bytes) => ({ bytes, tablesAt: tablesAt(bytes) }));
}

/** The data of small files lies directly in front of the tables. */
function tablesAt(bytes: Buffer): number {
  if (bytes.length < 96 || bytes.toString('latin1', 0, 4) !== 'hsqs') return Math.max(0, bytes.length - 4096);
  return Math.max(96, Math.min(Number(bytes.readBigUInt64LE(64)), bytes.length) - 1024);
}

function inputOf(chance: Chance, samples: readonly Sample[]): Buffer {
  return chance.weighted<() => Buffer>([
    [4, () => spoiltSample(chance, chance.pick(samples))],
    [1, () => rejoined(chance, chance.pick(samples))],
    [4, () => handMade(chance)],
    [2, () => enclosedManifest(chance)],
    [1, () => raucbOf(Buffer.from('hsqs'), cms(chance))],
    [1, () => chance.bytes(chance.below(300))],
  ])();
}

const TELLING_NUMBERS = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x1fff, 0x2000, 0x7fff, 0x8000, 0xffff, 0xffffff, 0x1000000,
];

/** Writes a few bytes over, mostly where bytes have a meaning. */
function spoil(chance: Chance, bytes: Buffer, from: number): void {
  for (let times = chance.between(1, 4); times > 0 && bytes.length > 16; times--) {
    const isHead = chance.happens(0.3);
    const at = isHead ? chance.below(Math.min(96, bytes.length)) : chance.between(from, bytes.length - 1);
    const room = bytes.length - at;
    const kind = chance.below(4);
    if (kind === 0) bytes[at] = chance.below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
    else if (kind === 2 && room >= 4) bytes.writeUInt32LE(chance.pick(TELLING_NUMBERS), at);
    else if (room >= 8) bytes.copyWithin(at, chance.below(bytes.length - 8), bytes.length);
  }
}

function spoiltSample(chance: Chance, { bytes, tablesAt: from }: Sample): Buffer {
  if (bytes.length === 0) return chance.bytes(9);
  if (chance.happens(0.1)) return bytes.subarray(0, chance.below(bytes.length));
  const copy = Buffer.from(bytes);
  spoil(chance, copy, from);
  return copy;
}

/** An image cut anywhere, with a whole CMS behind it: what is missing shows inside of the squashfs only. */
function rejoined(chance: Chance, { bytes, tablesAt: from }: Sample): Buffer {
  const image = Buffer.from(bytes.subarray(0, chance.between(Math.min(from, bytes.length), bytes.length)));
  if (chance.happens(0.5)) spoil(chance, image, Math.min(from, Math.max(0, image.length - 1)));
  return raucbOf(image, unsignedCms());
}

/** A small squashfs of each method, packed well or not, with a few bytes spoilt. */
function handMade(chance: Chance): Buffer {
  const compressorId = chance.between(1, 6);
  const packer = PACKERS[compressorId];
  const spoiling = (bytes: Buffer): Buffer => {
    const packed = Buffer.from(packer?.(bytes) ?? bytes);
    if (chance.happens(0.3)) spoil(chance, packed, 0);
    return packed.length > 8192 ? packed.subarray(0, 8192) : packed;
  };
  const noise = (): Buffer => {
    const start = chance.pick(['', '5d00002000', 'fd377a585a0000016922de36', '28b52ffd', '789c']);
    return Buffer.concat([Buffer.from(start, 'hex'), chance.bytes(chance.between(1, 60))]);
  };
  // Real streams, with repetitions and models; their content does not matter to whoever unpacks them.
  const real = (): Buffer => {
    const packed = Buffer.from(PACKED_MANIFESTS[compressorId] ?? '', 'base64');
    if (chance.happens(0.9)) spoil(chance, packed, 0);
    return packed;
  };
  const pack = chance.weighted<((bytes: Buffer) => Buffer) | undefined>([
    [4, spoiling],
    [4, real],
    [1, noise],
    [1, undefined],
  ]);
  const image = squashfsImage({
    files: pack === real ? [{ name: MANIFEST, content: Buffer.alloc(PACKED_MANIFEST_BYTES) }] : files(chance),
    compressorId,
    ...(pack && { pack }),
    ...((pack === real || chance.happens(0.3)) && { packMetadata: packer ?? 'stored' }),
    blockBytes: chance.pick([4096, 131_072, 1_048_576]),
    withoutFragments: chance.happens(0.3),
  });
  if (chance.happens(0.5)) spoil(chance, image, 0);
  return raucbOf(image, unsignedCms());
}

function files(chance: Chance): SquashfsFile[] {
  const names = ['a', '../x', MANIFEST, 'rootfs.img', '__proto__', '/etc/passwd', 'é'];
  const chosen = names.filter((name) => chance.happens(name === MANIFEST ? 0.95 : 0.3));
  const ordered = chance.happens(0.9) ? chosen.sort() : chance.shuffled(chosen);
  return ordered.map((name) => ({
    name,
    content: name === MANIFEST ? manifest(chance) : Buffer.alloc(chance.below(20_000), name),
    ...(chance.happens(0.05) && { type: chance.below(16) }),
  }));
}

const HASH = 'ab'.repeat(32);
const LINES = [
  ...['[update]', 'compatible=b', 'version=1', 'description=ünï \\s\\q\\', 'build=', '=', '[', '[]', 'x'],
  ...['[bundle]', 'format=verity', 'format=crypt', 'format=plain', 'verity-size=4096', 'verity-size=1e9'],
  ...[`verity-hash=${HASH}`, `verity-salt=${HASH}`, '[hooks]', 'filename=h', 'hooks=a;b;', 'hooks=\\;;\\'],
  ...[
    '[image.rootfs]',
    '[image.]',
    '[image.a.b.c]',
    `sha256=${HASH}`,
    'sha256=zz',
    'size=9',
    'size=99999999999999999999',
  ],
  ...[
    '[__proto__]',
    'constructor=1',
    '__proto__=2',
    '[meta.x]',
    'a[de]=b',
    '#\xe9',
    '\xe9=1',
    '\0',
    ';',
    'filename=../x',
  ],
];

function manifest(chance: Chance): Buffer {
  const whole = ['[update]', 'compatible=b', 'version=1', '[bundle]'];
  const verity = ['format=verity', `verity-hash=${HASH}`, `verity-salt=${HASH}`, 'verity-size=4096'];
  const start = chance.happens(0.8) ? [...whole, ...(chance.happens(0.5) ? verity : [])] : [];
  const more = Array.from({ length: chance.below(6) }, () => chance.pick(LINES));
  const lines = chance.happens(0.8) ? [...start, ...more] : chance.shuffled([...start, ...more]);
  const text = Buffer.from(lines.join(chance.pick(['\n', '\r\n'])), chance.pick(['utf8', 'latin1'] as const));
  if (chance.happens(0.2)) spoil(chance, text, 0);
  return chance.happens(0.02) ? Buffer.concat([text, Buffer.alloc(chance.below(70_000), '\n[a')]) : text;
}

function enclosedManifest(chance: Chance): Buffer {
  const enclosing = unsignedCms(manifest(chance));
  if (chance.happens(0.2)) spoil(chance, enclosing, 0);
  const image = squashfsImage({ files: files(chance) });
  return raucbOf(Buffer.concat([image, Buffer.alloc(chance.pick([0, 4096, 8192]))]), enclosing);
}

/** DER of whatever nesting. */
function cms(chance: Chance): Buffer {
  let inner = chance.happens(0.5) ? unsignedCms() : chance.bytes(chance.below(20));
  for (let depth = chance.pick([1, 3, 10, 1000]); depth > 0 && inner.length < 60_000; depth--) {
    inner = der(chance.pick([0x30, 0x31, 0xa0, 0x04, 0x06, 0x02, chance.below(256)]), inner);
  }
  spoil(chance, inner, 0);
  return inner.subarray(0, 65_536);
}

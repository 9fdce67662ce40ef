import { createHash } from 'node:crypto';
import { espFileKind } from '../../src/formats/esp-image/esp-file-kind';
import { EspImageReader } from '../../src/formats/esp-image/esp-image.reader';
import type { Chance } from '../fuzz/chance';
import {
  aBootloader,
  aDescription,
  aFlash,
  aPartitionTable,
  anEspImage,
  signedEspImage,
} from '../support/an-esp-image';
import { cut, damaged } from './damage';
import type { FormatFuzzer, Spoilt } from './format-fuzzer';

const CHIPS = [0, 2, 5, 9, 12, 13, 16, 18, 20, 23, 25, 28, 31, 32, 77, 0xffff];
const LIES = [
  0, 1, 2, 4, 8, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc, 0x1000000, 0xfffffc, 4096, 65536,
];
const SMALL = anEspImage();
const SIGNED = signedEspImage(SMALL, 3);
const MERGED_EACH = 200;

/** Application images, and what else lies in the folder of a build. */
export const espFuzzer: FormatFuzzer = {
  name: 'esp-image',
  share: 1.5,
  spoil: (chance, number) => {
    if (number % MERGED_EACH === 0) return flash(chance);
    const image = anImage(chance);
    return chance.weighted<() => Spoilt>([
      [3, () => damaged(image, chance, chance.pick([SIGNED, aPartitionTable(), SMALL]))],
      [2, () => repaired(damaged(image, chance, SMALL))],
      [2, () => cut(SMALL, number)],
      [3, () => lying(image, chance)],
      [1, () => damaged(SIGNED, chance, SMALL)],
      [
        1,
        () => ({
          how: 'any bytes',
          bytes: Buffer.concat([Buffer.from([0xe9]), chance.bytes(chance.below(300))]),
        }),
      ],
    ])();
  },
  read: (bytes, chunk) => {
    const reader = new EspImageReader();
    espFileKind(bytes);
    for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
    return reader.end();
  },
};

function anImage(chance: Chance): Buffer {
  const segments = Array.from({ length: chance.between(1, 16) }, (_, at) => ({
    address: chance.pick([0x3c000020, 0x42000020, 0x3fc91000, 0x400d0020, chance.below(2 ** 32)]),
    content: at === 0 ? description(chance) : chance.bytes(4 * chance.below(20)),
  }));
  const revisions = { leastRevision: chance.below(400), mostRevision: chance.pick([0, 399, 0xffff]) };
  const source = { chipId: chance.pick(CHIPS), hasHash: chance.happens(0.5), segments, ...revisions };
  return chance.happens(0.8) ? anEspImage(source) : aBootloader({ chipId: chance.pick(CHIPS) });
}

function description(chance: Chance): Buffer {
  const text = (): Buffer => chance.bytes(chance.below(33));
  const isSound = chance.happens(0.7);
  const bytes = isSound ? aDescription() : aDescription({ version: text(), project: text() });
  return chance.happens(0.9) ? bytes : bytes.subarray(0, 4 * chance.below(64));
}

/** Numbers that promise what is not there. */
function lying(image: Buffer, chance: Chance): Spoilt {
  const copy = Buffer.from(image);
  const [how, lie] = chance.pick<[string, () => void]>([
    ['lying length of a segment', () => void copy.writeUInt32LE(chance.pick(LIES), 28)],
    ['lying number of segments', () => void copy.writeUInt8(chance.below(256), 1)],
    ['any header', () => void chance.bytes(22).copy(copy, 1)],
    ['another chip', () => void copy.writeUInt16LE(chance.below(65_536), 12)],
  ]);
  lie();
  return { how, bytes: chance.happens(0.5) ? repaired({ how, bytes: copy }).bytes : copy };
}

/** With checksum and hash for what it has become, as far as its lengths say where those are. */
function repaired({ how, bytes }: Spoilt): Spoilt {
  const copy = Buffer.from(bytes);
  let at = 24;
  let checksum = 0xef;
  for (let left = copy[1] ?? 0; left > 0 && at + 8 <= copy.length; left--) {
    const end = at + 8 + copy.readUInt32LE(at + 4);
    for (const byte of copy.subarray(at + 8, end)) checksum ^= byte;
    at = end;
  }
  const end = at + 16 - (at % 16);
  if (end > copy.length) return { how, bytes };
  copy[end - 1] = checksum;
  if (end + 32 <= copy.length) createHash('sha256').update(copy.subarray(0, end)).digest().copy(copy, end);
  return { how: `${how}, sums repaired`, bytes: copy };
}

function flash(chance: Chance): Spoilt {
  const chipId = chance.pick(CHIPS);
  const [boot, table, image] = [aBootloader({ chipId }), aPartitionTable(), anEspImage({ chipId })];
  const merged = aFlash([chance.pick([0, 0x1000, 0x2000]), boot], [0x8000, table], [0x10000, image]);
  return chance.happens(0.5)
    ? { how: 'merged flash', bytes: merged.subarray(0, chance.below(merged.length)) }
    : { ...damaged(merged, chance, boot), how: 'merged flash, damaged' };
}

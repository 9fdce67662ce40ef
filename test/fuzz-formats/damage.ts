import type { Chance } from '../fuzz/chance';
import type { Spoilt } from './format-fuzzer';

const EDGES = [0, 1, 0x0a, 0x20, 0x7f, 0x80, 0xff];

/** One kind of damage; the bytes it gets are its own. */
type Damage = (bytes: Buffer, chance: Chance, other: Buffer) => Buffer;

const DAMAGES: Readonly<Record<string, Damage>> = {
  'bit flipped': (bytes, chance) => at(bytes, chance, (byte) => byte ^ (1 << chance.below(8))),
  'byte changed': (bytes, chance) => at(bytes, chance, () => chance.below(256)),
  'byte at an edge': (bytes, chance) => at(bytes, chance, () => chance.pick(EDGES)),
  'bytes inserted': (bytes, chance) => splice(bytes, chance, 0, chance.bytes(chance.between(1, 16))),
  'bytes left out': (bytes, chance) => splice(bytes, chance, chance.between(1, 32)),
  'part repeated': (bytes, chance) => {
    const from = chance.below(bytes.length + 1);
    return splice(bytes, chance, 0, bytes.subarray(from, from + chance.between(1, 200)));
  },
  'part of another': (bytes, chance, other) => {
    const from = chance.below(other.length + 1);
    const part = other.subarray(from, from + chance.between(1, 300));
    return splice(bytes, chance, chance.pick([0, part.length]), part);
  },
  'end cut': (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1)),
  'something behind': (bytes, chance) => Buffer.concat([bytes, chance.bytes(chance.between(1, 600))]),
};

/** One to four damages. */
export function damaged(bytes: Buffer, chance: Chance, other: Buffer): Spoilt {
  const names = Array.from({ length: chance.pick([1, 1, 1, 2, 4]) }, () => chance.pick(Object.keys(DAMAGES)));
  const spoilt = names.reduce<Buffer>(
    (left, name) => DAMAGES[name]?.(Buffer.from(left), chance, other) ?? left,
    bytes,
  );
  return { how: names[0] ?? '', bytes: spoilt };
}

/** A cut at each offset in turn. */
export function cut(bytes: Buffer, number: number): Spoilt {
  return { how: 'cut at each offset', bytes: bytes.subarray(0, number % (bytes.length + 1)) };
}

function at(bytes: Buffer, chance: Chance, change: (byte: number) => number): Buffer {
  const place = chance.below(bytes.length);
  if (bytes.length > 0) bytes[place] = change(bytes[place] as number);
  return bytes;
}

function splice(bytes: Buffer, chance: Chance, removed: number, added: Buffer = Buffer.alloc(0)): Buffer {
  const place = chance.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + removed)]);
}

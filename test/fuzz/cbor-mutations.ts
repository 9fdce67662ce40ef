import { encodeOne, Simple, Tagged } from 'cbor';
import type { Chance } from './chance';
import { ODD_VALUES, withOddity } from './json-mutations';
import { group, type Mutation } from './mutation';
import { setHeader } from './request';

/** The CBOR of a JSON tree. */
export function inCbor(value: unknown): Buffer {
  // Above its own default of 16 KiB the library returns a part without a word.
  const options: object = { highWaterMark: 2 ** 24 };
  return encodeOne(value, options);
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Items that are no items, or promise more than there is, or are read in two ways. */
const PIECES: readonly Buffer[] = [
  ...[
    'ff',
    '1c',
    '5c',
    'fc',
    'f8 00',
    'f8 1f',
    'f8 ff',
    'f7',
    'f6',
    'e0',
    'f9 7e00',
    'f9 7c00',
    'fa 7f800000',
    'fb 7ff8000000000000',
  ].map(hex),
  // Declared lengths: 2^32, 2^63 and more than there is.
  ...[
    '9a ffffffff',
    '9b 7fffffffffffffff',
    '9b ffffffffffffffff',
    'ba ffffffff',
    'bb ffffffffffffffff',
    '5a ffffffff',
  ].map(hex),
  ...[
    '7b ffffffffffffffff',
    '5b 0000000100000000',
    '78 ff 61',
    '18',
    '19 00',
    '1b ffffffffffffffff',
    '3b ffffffffffffffff',
  ].map(hex),
  // Indefinite lengths, whole and not, and of the wrong pieces.
  ...[
    '9f',
    'bf',
    '5f',
    '7f',
    '9fff',
    'bfff',
    '5fff',
    '7fff',
    '7f 61 61 ff',
    '5f 41 00 ff',
    '7f 41 00 ff',
    '5f 5f ff ff',
    'bf 61 61 ff',
  ].map(hex),
  ...['7f 7f 61 61 ff ff', '9f 9f 9f', 'bf 61 61 bf ff'].map(hex),
  // Tags: dates, big numbers, fractions, patterns, links, self-described, unknown, of nothing.
  ...[
    'c0 60',
    'c0 63 616263',
    'c1 fb 7ff8000000000000',
    'c1 1b ffffffffffffffff',
    'c2 40',
    'c2 58 40',
    'c3 41 ff',
  ].map(hex),
  ...[
    'c4 82 1b 7fffffffffffffff 01',
    'c5 82 1a 7fffffff 01',
    'd8 20 61 3a',
    'd8 23 62 282b',
    'd9 d9f7 a0',
    'db ffffffffffffffff 00',
    'c0',
  ].map(hex),
  ...['d8 1c a0', 'd8 1d 00', 'd8 40 41 00', 'd8 4f 43 000000', 'c2 c2 c2 41 01'].map(hex),
  // Maps with keys that are no texts, or twice the same, or of the prototype.
  ...[
    'a1 01 02',
    'a1 f6 f6',
    'a1 a0 a0',
    'a2 61 61 01 61 61 02',
    'a1 69 5f5f70726f746f5f5f a0',
    'a1 40 00',
    'a1 80 80',
    'a1 61 61',
  ].map(hex),
  // Texts that are no UTF-8.
  ...['61 ff', '63 eda080', '62 c0af', '64 f4908080', '61 80', '60'].map(hex),
];

function nested(chance: Chance): Buffer {
  const depth = chance.pick([5, 31, 33, 200, 5000, 50_000]);
  const open = chance.pick([hex('81'), hex('9f'), hex('a1 61 61'), hex('bf 61 61'), hex('c6'), hex('d8 ff')]);
  return Buffer.concat([...new Array<Buffer>(depth).fill(open), hex('00')]);
}

/** Many small things: what costs a reader most for its bytes. */
function crowded(chance: Chance): Buffer {
  const count = chance.pick([100, 2000, 20_000]);
  const item = chance.pick([
    hex('80'),
    hex('a0'),
    hex('00'),
    hex('60'),
    hex('c1 00'),
    hex('f6'),
    hex('a1 61 61 00'),
    hex('81 80'),
  ]);
  const head = Buffer.alloc(5);
  head[0] = 0x9a;
  head.writeUInt32BE(count, 1);
  return Buffer.concat([head, ...new Array<Buffer>(count).fill(item)]);
}

function spliced(body: Buffer, piece: Buffer, chance: Chance): Buffer {
  const at = chance.below(body.length + 1);
  return Buffer.concat([body.subarray(0, at), piece, body.subarray(at + chance.below(3))]);
}

function flipped(body: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(body);
  for (let times = chance.between(1, 3); times > 0; times -= 1)
    copy[chance.below(copy.length)] = chance.below(256);
  return copy;
}

function exotic(value: unknown, chance: Chance): Buffer {
  const wrapped = chance.pick([
    () => new Tagged(chance.pick([0, 1, 2, 55799, 99999]), value),
    () => new Map<unknown, unknown>([[1, value]]),
    () => ({ ...(value as object), status: new Tagged(6, 'x') }),
    () => ({ ...(value as object), data: new Map<unknown, unknown>([[Buffer.from('a'), 'b']]) }),
    () => ({ ...(value as object), details: [Buffer.from('x'), 2n ** 70n, undefined] }),
    () => new Simple(chance.pick([0, 19, 32, 255])),
  ]);
  return inCbor(wrapped());
}

const body =
  (change: (value: unknown, chance: Chance) => Buffer): Mutation['spoil'] =>
  (draft, { chance, sound }) => {
    draft.body = change(sound.body ?? {}, chance);
    setHeader(draft, 'Content-Type', 'application/cbor');
  };

/** Bodies in CBOR, or in what was CBOR. */
export const CBOR_MUTATIONS: readonly Mutation[] = group('cbor', {
  'odd value': body((value, chance) => inCbor(withOddity(value, chance))),
  'all of it odd': body((_value, chance) => inCbor(chance.pick(ODD_VALUES))),
  truncated: body((value, chance) => {
    const whole = inCbor(value);
    return whole.subarray(0, chance.below(whole.length));
  }),
  'bytes flipped': body((value, chance) => flipped(inCbor(value), chance)),
  'odd piece inside': body((value, chance) => spliced(inCbor(value), chance.pick(PIECES), chance)),
  'odd piece alone': body((_value, chance) => chance.pick(PIECES)),
  'odd piece behind': body((value, chance) => Buffer.concat([inCbor(value), chance.pick(PIECES)])),
  deep: body((_value, chance) => nested(chance)),
  'deep inside': body((value, chance) => spliced(inCbor(value), nested(chance), chance)),
  crowded: body((_value, chance) => crowded(chance)),
  exotic: body(exotic),
  noise: body((_value, chance) => chance.bytes(chance.between(1, 60))),
});

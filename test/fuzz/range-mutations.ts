import type { Chance } from './chance';
import { group, type Mutation } from './mutation';
import { setHeader, type Draft } from './request';

const RANGES = [
  ...[
    'bytes=0-0',
    'bytes=0-',
    'bytes=-1',
    'bytes=0-9,20-29',
    'bytes=5-2',
    'bytes=-0',
    'bytes=0-999999999',
    'bytes=-999999999',
  ],
  ...[
    'bytes=99999999-',
    'bytes=',
    'bytes=-',
    'bytes=--1',
    'bytes=a-b',
    'bytes=0x0-0x9',
    'bytes=1-2-3',
    'bytes=+1-2',
    'bytes=1.5-2',
  ],
  ...[
    'bytes 0-9',
    'bytes:0-9',
    'BYTES=0-9',
    'items=0-9',
    '=0-9',
    '0-9',
    '',
    ' ',
    ',',
    'bytes=,',
    'bytes=0-9,',
    'bytes=,0-9',
  ],
  ...[
    'bytes=0-9, 10-19',
    'bytes=0-9 ,\t20-29',
    'bytes=0-9;20-29',
    'bytes=0-9,5-14',
    'bytes=0-9,0-9',
    'bytes=20-29,0-9',
  ],
  ...[
    'bytes=18446744073709551615-',
    'bytes=18446744073709551616-18446744073709551617',
    'bytes=-9007199254740993',
  ],
  ...[
    'bytes=9007199254740991-9007199254740992',
    `bytes=${'9'.repeat(400)}-`,
    'bytes=NaN-Infinity',
    'bytes=0-\xff',
    'bytes=\u00b2-',
  ],
];

function manyRanges(chance: Chance): string {
  const count = chance.pick([2, 150, 512, 513, 900]);
  const step = chance.pick([1, 2, 4]);
  return `bytes=${Array.from({ length: count }, (_, n) => `${n * step}-${n * step + chance.below(2)}`).join(',')}`;
}

const VALIDATORS = [
  ...[
    '*',
    '"',
    '""',
    'W/""',
    'W/"x"',
    '"x"',
    'x',
    '"a", "b"',
    ',',
    '"a" "b"',
    '*, "a"',
    '\xff',
    '"\xff"',
    '"'.repeat(200),
  ],
  ...[
    'Sat, 21 Nov 2026 15:00:00 GMT',
    'Sat, 31 Feb 2026 25:61:61 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    '0',
    '-1',
    'now',
  ],
  ...[
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Saturday, 21-Nov-26 15:00:00 GMT',
    'Sat Nov 21 15:00:00 2026',
    `"${'a'.repeat(4000)}"`,
  ],
];

const CONDITIONS = ['If-None-Match', 'If-Match', 'If-Range', 'If-Modified-Since', 'If-Unmodified-Since'];

const several = (draft: Draft, name: string, values: readonly string[]): void => {
  for (const value of values) draft.headers.push([name, value]);
};

/** Which bytes are wanted, and on which conditions. */
export const RANGE_MUTATIONS: readonly Mutation[] = [
  ...group('range', {
    another: (draft, { chance }) => setHeader(draft, 'Range', chance.pick(RANGES)),
    many: (draft, { chance }) => setHeader(draft, 'Range', manyRanges(chance)),
    several: (draft, { chance }) => several(draft, 'Range', [chance.pick(RANGES), chance.pick(RANGES)]),
    'on a condition': (draft, { chance }) => {
      setHeader(draft, 'Range', chance.pick(RANGES));
      setHeader(draft, 'If-Range', chance.pick(VALIDATORS));
    },
  }),
  ...group('condition', {
    another: (draft, { chance }) => setHeader(draft, chance.pick(CONDITIONS), chance.pick(VALIDATORS)),
    several: (draft, { chance }) => {
      several(draft, chance.pick(CONDITIONS), [chance.pick(VALIDATORS), chance.pick(VALIDATORS)]);
    },
  }),
];

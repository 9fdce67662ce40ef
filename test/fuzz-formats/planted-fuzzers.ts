import { FormatError } from '../../src/formats/format.error';
import type { FormatFuzzer, LoopFuzzer } from './format-fuzzer';

/** The first number behind the warm-up at which a planted fault shows. */
const BAD = 150;
const MIB = 1024 * 1024;

const NUMBERS_PER_MIB = MIB / 8;

const hoard: Buffer[] = [];
const kept: number[][] = [];
let putOff = 0;

function fuzzer(name: string, misbehave: (chunk: number) => unknown, times = Infinity): FormatFuzzer {
  let count = 0;
  return {
    name,
    share: 1,
    spoil: (_chance, number) => ({ how: 'planted', bytes: Buffer.from(`input ${number}`) }),
    // Counts from the end of the warm-up, in which nothing goes wrong.
    read: (_bytes, chunk) => (++count > 300 + BAD && count <= 300 + BAD + times ? misbehave(chunk) : 'fine'),
  };
}

function refuse(message: string, offset?: number): never {
  throw new FormatError(message, offset === undefined ? {} : { offset });
}

/** Readers with one fault each, to see that a run cries. */
export const FUZZERS: readonly (FormatFuzzer | LoopFuzzer)[] = [
  fuzzer('sound', () => refuse('this is refused in words')),
  fuzzer('throws', () => (undefined as unknown as string).length),
  fuzzer('hangs', () => {
    for (;;);
  }),
  fuzzer(
    'slow',
    () => {
      const until = process.cpuUsage().user + 1_200_000;
      while (process.cpuUsage().user < until);
    },
    1,
  ),
  fuzzer('hoards', () => {
    if (hoard.length < 80) hoard.push(Buffer.alloc(MIB, 1));
  }),
  // Little beside what a process takes anyway, but never given back.
  fuzzer('keeps', () => {
    if (kept.length < 8) kept.push(new Array<number>(NUMBERS_PER_MIB).fill(0.5));
  }),
  fuzzer('swells', () => Buffer.alloc(70 * MIB, 1).length, 1),
  fuzzer('dies', () => process.exit(3)),
  fuzzer('pollutes', () => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true, enumerable: false });
  }),
  fuzzer('mumbles', () => refuse('bad')),
  fuzzer('beeps', () => refuse('this bell rings: \u0007')),
  fuzzer('misplaces', () => refuse('this is refused in words', 1000)),
  fuzzer('depends on chunks', (chunk) => chunk),
  {
    name: 'loop',
    share: 1,
    run: (seed, count) => {
      if (seed > 1_000_003) throw new Error('planted');
      return Promise.resolve({ facts: count - 1, refusals: 1 });
    },
  },
  {
    name: 'puts off',
    share: 1,
    run: (_seed, count) => {
      if (putOff > 0) throw new Error('what was put off is not done');
      putOff++;
      process.nextTick(() => putOff--);
      return Promise.resolve({ facts: count, refusals: 0 });
    },
  },
];

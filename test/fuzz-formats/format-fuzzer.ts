import { FormatError } from '../../src/formats/format.error';
import type { Chance } from '../fuzz/chance';

/** An input for a reader, and in words how it came about. */
export interface Spoilt {
  readonly how: string;
  readonly bytes: Buffer;
}

/** A reader of a format, and what it is fed with. */
export interface FormatFuzzer {
  readonly name: string;
  /** How much of a run is its own, beside the others' shares. */
  readonly share: number;
  /**
   * @param chance depends on the seed and the number of the input alone
   * @param number of the input, for what is done in turn, like a cut at each offset
   */
  spoil(chance: Chance, number: number): Spoilt;
  /**
   * Reads the input as the server would.
   * @param chunk as many bytes at a time
   * @returns what was read: has to be the same wherever the input is cut
   * @throws FormatError when the input is refused; whatever else it throws is a fault
   */
  read(bytes: Buffer, chunk: number): unknown;
}

/** A reader whose fuzzer has a loop of its own. */
export interface LoopFuzzer {
  readonly name: string;
  readonly share: number;
  /**
   * The same inputs for the same seed.
   * @throws Error for whatever gave neither facts nor a refusal as it should be
   */
  run(seed: number, count: number): Promise<{ readonly facts: number; readonly refusals: number }>;
}

/** How an input ended. */
export interface Verdict {
  readonly kind: 'accepted' | 'refused' | 'fault';
  readonly words: string;
}

const LONGEST_MESSAGE = 4000;

/** Reads an input once, and judges what came of it. */
export async function readOnce(fuzzer: FormatFuzzer, bytes: Buffer, chunk: number): Promise<Verdict> {
  try {
    return { kind: 'accepted', words: JSON.stringify(await fuzzer.read(bytes, chunk), shown) ?? '' };
  } catch (error) {
    if (!(error instanceof FormatError))
      return { kind: 'fault', words: `threw ${String(error).slice(0, 300)}` };
    const fault = faultOfRefusal(error, bytes);
    return fault === undefined ? { kind: 'refused', words: error.message } : { kind: 'fault', words: fault };
  }
}

/** A refusal is shown to people: it has to be short, plain and about a place in this input. */
function faultOfRefusal(error: FormatError, bytes: Buffer): string | undefined {
  const { message, reason, offset } = error;
  if (reason.length < 10 || message.length > LONGEST_MESSAGE)
    return `a message of ${message.length} characters`;
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\0-\x1f\x7f-\x9f]/.test(message))
    return `control characters in the message ${JSON.stringify(message)}`;
  if (offset !== undefined && !(offset >= 0 && offset <= bytes.length))
    return `the place ${offset}: ${message}`;
  return undefined;
}

function shown(_key: string, value: unknown): unknown {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  return typeof value === 'bigint' ? `${value}n` : value;
}

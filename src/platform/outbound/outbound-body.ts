import type { IncomingMessage } from 'node:http';
import { OutboundError } from './outbound.errors';

/** How long and how much one may be kept busy by another server. */
export interface BodyLimits {
  /** Between two pieces, while this side waits for one. */
  readonly idleMs: number;
  readonly maxBytes: number;
  /** On the clock of `performance.now()`; Infinity for no end. */
  readonly deadlineMs: number;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The body, cut where the other server exceeds its limits. Time in which nobody reads does not count as its silence. */
export async function* limitedBody(source: IncomingMessage, limits: BodyLimits): AsyncGenerator<Buffer> {
  let received = 0;
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await timely(source, limits, () => chunks.next());
      if (next.done === true) break;
      received += next.value.length;
      if (received > limits.maxBytes) throw tooLarge(limits.maxBytes);
      yield next.value;
    }
    if (!source.complete) throw brokenOff();
  } catch (error) {
    throw error instanceof OutboundError ? error : brokenOff(error);
  } finally {
    source.destroy();
  }
}

export function tooLarge(maxBytes: number): OutboundError {
  return new OutboundError('too_large', `leads to more than the ${maxBytes} bytes allowed here`);
}

async function timely<T>(
  source: IncomingMessage,
  { idleMs, deadlineMs }: BodyLimits,
  read: () => Promise<T>,
): Promise<T> {
  const leftMs = deadlineMs - performance.now();
  const ms = Math.max(0, Math.min(idleMs, leftMs, LONGEST_TIMER_MS));
  const why = leftMs < idleMs ? 'took too long to give all its bytes' : 'stopped sending';
  const timer = setTimeout(() => source.destroy(new OutboundError('timeout', why)), ms);
  try {
    return await read();
  } finally {
    clearTimeout(timer);
  }
}

function brokenOff(cause?: unknown): OutboundError {
  const error = new OutboundError('broken_off', 'broke off before all bytes were there');
  error.cause = cause;
  return error;
}

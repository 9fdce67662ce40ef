import type { IncomingMessage } from 'node:http';

export interface DiscardLimits {
  maxBytes: number;
  maxMs: number;
}

/** As nginx lingers, about: enough that a client in the middle of an upload gets to read why it was refused. */
const LIMITS: DiscardLimits = { maxBytes: 64 * 1024 * 1024, maxMs: 10_000 };

/** A form can fail twice over (the parser, then onFile); one reader is enough. */
const discarding = new WeakSet<IncomingMessage>();

/** Between "no more" and the cut, for the answer to arrive. */
const GRACE_MS = 1_000;

/**
 * Reads on and throws away what is left of a request body, because closing a socket with unread bytes resets it and
 * the client loses the answer. Bounded: beyond the limits the connection is cut. Does not wait.
 */
export function discardRest(request: IncomingMessage, limits: DiscardLimits = LIMITS): void {
  if (request.readableEnded || request.destroyed || discarding.has(request)) return;
  discarding.add(request);
  let timer = setTimeout(() => request.destroy(), limits.maxMs).unref();
  let leftBytes = limits.maxBytes;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = leftBytes >= 0;
    leftBytes -= chunk.length;
    if (leftBytes >= 0 || !wasWithin) return;
    request.pause();
    clearTimeout(timer);
    timer = setTimeout(() => request.destroy(), Math.min(GRACE_MS, limits.maxMs)).unref();
  });
  request.on('error', () => undefined);
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

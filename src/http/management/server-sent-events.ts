import type { Response } from 'express';
import type { Observable } from 'rxjs';

/** Shorter than the idle timeout of common proxies. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it connects again. */
const RETRY_MS = 2000;
/** A client that does not read is cut; it goes on from its last event when it comes back. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** One event of a stream; `id` comes back as Last-Event-ID. */
export interface ServerSentEvent {
  readonly id: number;
  readonly event: string;
  /** Becomes JSON. */
  readonly data: unknown;
}

/** Writes `events` as server-sent events until the client leaves or they end (shutdown). */
export function sendEvents(response: Response, events: Observable<ServerSentEvent>): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // nginx would collect the events otherwise.
    'X-Accel-Buffering': 'no',
  });
  // Sent at once, so that the client knows it is connected before the first event.
  response.write(`retry: ${RETRY_MS}\n\n`);
  const write = (text: string): void => {
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    else response.write(text);
  };
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
  const subscription = events.subscribe({
    next: ({ id, event, data }) => write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    complete: () => response.end(),
    error: () => response.destroy(),
  });
  const leave = (): void => {
    clearInterval(heartbeat);
    subscription.unsubscribe();
  };
  response.on('close', leave);
  response.on('error', leave);
  if (response.destroyed) leave();
}

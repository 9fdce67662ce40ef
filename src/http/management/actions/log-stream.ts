import type { Response } from 'express';
import type { Observable } from 'rxjs';
import type { LogEntry } from '../../../modules/actions/log-entry';
import { logEntryView } from './log-view';

/** Shorter than the idle timeout of common proxies. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it connects again. */
const RETRY_MS = 2000;
/** A client that does not read is cut; it goes on from its last entry when it comes back. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** Writes `entries` as server-sent events until the client leaves or the entries end (shutdown). */
export function streamLog(response: Response, entries: Observable<LogEntry>): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // nginx would collect the events otherwise.
    'X-Accel-Buffering': 'no',
  });
  // Sent at once, so that the client knows it is connected before the first entry.
  response.write(`retry: ${RETRY_MS}\n\n`);
  const write = (text: string): void => {
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    else response.write(text);
  };
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
  const subscription = entries.subscribe({
    next: (entry) => write(`id: ${entry.seq}\nevent: log\ndata: ${JSON.stringify(logEntryView(entry))}\n\n`),
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

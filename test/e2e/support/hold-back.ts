import { eventually } from './eventually';
import type { NetworkLink } from './network-link';

const MOST_HEAD_BYTES = 8_192;

/**
 * Stops a link towards the server right before the first request passes that fits, by method and path: what the test
 * does then happens before the server hears of it. `link.flow()` lets it go on.
 *
 * @returns waits until such a request is held
 */
export function holdBack(link: NetworkLink, request: RegExp): () => Promise<void> {
  let isHeld = false;
  const end = link.watch((way, bytes) => {
    if (way !== 'there' || !request.test(bytes.toString('latin1', 0, MOST_HEAD_BYTES))) return;
    end();
    isHeld = true;
    link.stall(['there']);
  });
  return () =>
    eventually(() => {
      if (!isHeld) throw new Error(`no ${request.source} has come`);
    });
}

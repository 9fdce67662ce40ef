import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { ClientOptions } from 'minio';
import { isTrouble, readTrouble, S3Stalled } from './s3-trouble';

/** A connection on which nothing moves for so long is given up; a copy inside the store is silent until its end. */
const STALL_MS = 60_000;

type Answer = (response: IncomingMessage) => void;

/**
 * How the client library sends: with an end to waiting, and with a signal that cuts requests under way, neither of which
 * it knows. Answers that tell of trouble become errors here, because the library would leave them unread, and with
 * them the connection.
 */
export function s3Transport(scheme: string, signal?: AbortSignal): NonNullable<ClientOptions['transport']> {
  const { request } = scheme === 'https:' ? https : http;
  const send = (options: RequestOptions, answer: Answer): ClientRequest => {
    const limits = { timeout: STALL_MS, ...(signal === undefined ? {} : { signal }) };
    const sent = request({ ...options, ...limits }, (response) => {
      sent.off('timeout', onSilence);
      watch(sent, response);
      if (!isTrouble(response.statusCode ?? 0)) return answer(response);
      void readTrouble(response).then((trouble) => sent.emit('error', trouble));
    });
    const onSilence = (): void => void sent.destroy(new S3Stalled(STALL_MS));
    return sent.on('timeout', onSilence);
  };
  return { request: send as typeof http.request };
}

/** While the answer comes in. A reader that is slow leaves bytes unread; that is no silence of the server. */
function watch(sent: ClientRequest, response: IncomingMessage): void {
  sent.on('timeout', () => {
    if (response.readableLength > 0) sent.setTimeout(STALL_MS);
    else response.destroy(new S3Stalled(STALL_MS));
  });
}

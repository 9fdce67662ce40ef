import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { ddiErrorOf } from './ddi-error';

const logger = new Logger('Ddi');

/** Answers a device with what `error` means to it; a fault of ours is logged and told as a bare 500. */
export function sendDdiError(response: ServerResponse, error: unknown, isReport: boolean): void {
  const known = ddiErrorOf(error, isReport);
  if (known === undefined)
    logger.error('A device could not be answered', error instanceof Error ? error.stack : String(error));
  if (response.headersSent) {
    // The answer was under way: cutting it is the only honest sign left.
    response.destroy();
    return;
  }
  const { status, body, retryAfterSeconds } = known ?? {
    status: 500,
    body: undefined,
    retryAfterSeconds: undefined,
  };
  const json = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Length': Buffer.byteLength(json),
    ...(json === '' ? {} : { 'Content-Type': 'application/json' }),
    // The rest of a body that is too large is not worth waiting for.
    ...(status === 413 ? { Connection: 'close' } : {}),
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': retryAfterSeconds }),
  });
  response.end(json);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { NotAcceptableException } from '@nestjs/common';
import { chooseRepresentation, type Representation } from './accept';
import { cborOf } from './cbor';
import { etagOf, isKnown } from './conditions';

/** What the request is to be answered with. Ask before anything happens. @throws NotAcceptableException */
export function representationFor(request: IncomingMessage): Representation {
  const representation = chooseRepresentation(request.headers.accept);
  if (representation === undefined) throw new NotAcceptableException();
  return representation;
}

/** For handlers that change something before they answer. @throws NotAcceptableException */
export function refuseUnacceptable(request: IncomingMessage): void {
  representationFor(request);
}

/** Answers with a value in the form that the device accepts, see {@link sendJson}. @throws NotAcceptableException */
export function sendResource(request: IncomingMessage, response: ServerResponse, value: object): void {
  sendJson(request, response, representationFor(request), JSON.stringify(value));
}

/**
 * Answers with a JSON text, or the same tree as CBOR, and its ETag; 304 when the device has it already. The answer goes out
 * whole, with its length: Zephyr cannot read chunked ones.
 */
export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  representation: Representation,
  json: string,
): void {
  const body = representation === 'application/cbor' ? cborOf(JSON.parse(json)) : json;
  const etag = etagOf(body);
  if (isKnown(request.headers['if-none-match'], etag)) {
    response.writeHead(304, { ETag: etag }).end();
    return;
  }
  response.writeHead(200, {
    'Content-Type': representation,
    'Content-Length': Buffer.byteLength(body),
    ETag: etag,
  });
  response.end(body);
}

/** An answer without a body: what DDI gives for every success of POST and PUT, and for 401. */
export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0 });
  response.end();
}

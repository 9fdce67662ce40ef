import type { ServerResponse } from 'node:http';

/** What a DDI resource can be sent as. */
export type Representation = 'application/hal+json' | 'application/json';

/**
 * Chooses by the Accept header (contract 1.1): hal+json unless plain JSON is asked for; undefined means 406. Parameters
 * such as `charset=UTF-8` are ignored, as RAUC's updater sends them.
 */
export function chooseRepresentation(accept: string | undefined): Representation | undefined {
  if (accept === undefined || accept === '' || accept === '*/*') return 'application/hal+json';
  const types = accept.split(',').map((item) => item.split(';', 1)[0]?.trim().toLowerCase());
  for (const type of types) {
    if (type === 'application/json') return 'application/json';
    if (type === 'application/hal+json' || type === '*/*' || type === 'application/*')
      return 'application/hal+json';
  }
  return undefined;
}

/** Sends JSON whole, with its length: Zephyr cannot read chunked answers. */
export function sendJson(response: ServerResponse, representation: Representation, json: string): void {
  response.writeHead(200, { 'Content-Type': representation, 'Content-Length': Buffer.byteLength(json) });
  response.end(json);
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

/** A header as it goes out, in Latin-1, one character a byte. */
export type Header = readonly [name: string, value: string];

/** A request that is not bytes yet: what the mutations change. */
export interface Draft {
  method: string;
  /** What stands in the request line, in Latin-1: it may be no path at all. */
  target: string;
  headers: Header[];
  body: Buffer;
  /** False: a header of its own tells the length of the body, or lies about it. */
  tellsLength: boolean;
  framing: Framing;
}

/**
 * What may become of a request. `exact`: one whole answer, and the connection goes on. `loose`: it cannot be told where it
 * ends, or it is more than a server has to read; so it comes on a connection of its own, which the server has to end once we
 * have ended our half. `broken-off`: we leave in the middle of it.
 */
export type Framing = 'exact' | 'loose' | 'broken-off';

/** A request as it goes out. */
export interface Mutant {
  /** Tells the request among those of a run: `<batch>.<place>`. */
  readonly id: string;
  /** The route that it was before it was changed, E1 to E16. */
  readonly route: string;
  readonly mutations: readonly string[];
  /** The device whose turn it was: no other request of the same batch was made for it. */
  readonly controllerId: string;
  readonly method: string;
  /** Written one after the other, with a little time between. */
  readonly pieces: readonly Buffer[];
  readonly framing: Framing;
  /** How many requests it is, as far as we know. */
  readonly requests: number;
  /** Comes from the address of the reverse proxy that the server trusts. */
  readonly isProxied: boolean;
}

export function setHeader(draft: Draft, name: string, value: string): void {
  removeHeader(draft, name);
  draft.headers.push([name, value]);
}

export function removeHeader(draft: Draft, name: string): void {
  const lower = name.toLowerCase();
  draft.headers = draft.headers.filter(([other]) => other.toLowerCase() !== lower);
}

/** The bytes of a draft, not checked in any way. */
export function bytesOf({ method, target, headers, body, tellsLength }: Draft): Buffer {
  const needsLength = tellsLength && (body.length > 0 || method === 'POST' || method === 'PUT');
  const length: Header[] = needsLength ? [['Content-Length', String(body.length)]] : [];
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    body,
  ]);
}

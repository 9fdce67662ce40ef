import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const STATUSES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Nobody is there who could be told why: what is written before the end of a handshake waits for that end, and so for ever. */
const SPEECHLESS: readonly (string | undefined)[] = ['ECONNRESET', 'ERR_TLS_HANDSHAKE_TIMEOUT'];

/** As Node knows the answer that is on its way on a connection; its own treatment of errors goes by it too. */
interface Connection extends Duplex {
  readonly _httpMessage?: ServerResponse | null;
}

/** Connections that are told once their answer is out. */
const doomed = new WeakSet<Duplex>();

/**
 * Ends a connection on which something came that is no request. Left to itself Node puts its 400 in place of an answer that is
 * being worked on: the sender would take a request for refused that was taken. So what was whole is answered before, and when
 * the rest of a request is broken that is being worked on, the connection ends without a word.
 */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, connection: Connection): void {
  const answer = connection._httpMessage ?? undefined;
  if (!connection.writable || SPEECHLESS.includes(error.code)) connection.destroy();
  else if (answer === undefined) say(error, connection);
  else if (!answer.req.complete) connection.destroy();
  else if (!doomed.has(connection)) {
    doomed.add(connection);
    answer.once('close', () => {
      if (connection.writable) say(error, connection);
      else connection.destroy();
    });
  }
}

function say({ code = '' }: NodeJS.ErrnoException, connection: Duplex): void {
  const status = STATUSES[code] ?? '400 Bad Request';
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    connection.destroy(),
  );
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an origin says to a request; it may hang, cut or lie as it likes. */
export type Script = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that files are fetched from. Counts connections, also those on which nothing is said. */
export class OriginServer {
  readonly requests: IncomingMessage[] = [];
  connections = 0;

  private constructor(
    readonly address: string,
    private readonly server: Server,
    private script: Script,
  ) {
    server.on('connection', () => (this.connections += 1));
  }

  /** Listens on a loopback address of its own, so that a test can allow one and forbid another. */
  static async start(
    address: string,
    script: Script = (_request, response) => response.end(),
  ): Promise<OriginServer> {
    const server = createServer((request, response) => {
      origin.requests.push(request);
      origin.script(request, response);
    });
    const origin = new OriginServer(address, server, script);
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    return origin;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/file.bin', host = this.address): string {
    return `http://${host}:${this.port}${path}`;
  }

  answers(script: Script): void {
    this.script = script;
  }

  /** Nobody is listening any more; connections are cut. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A file as a decent server gives it: tag, date, ranges, conditions. */
export interface ServedFile {
  readonly content: Buffer;
  readonly etag?: string | undefined;
  readonly lastModified?: string;
  readonly hasNoRanges?: boolean;
  /** The value of `Authorization` that it wants to see. */
  readonly authorization?: string;
}

export function serving(file: () => ServedFile): Script {
  return (request, response) => {
    const { content, etag, lastModified, hasNoRanges, authorization } = file();
    const { headers } = request;
    if (authorization !== undefined && headers.authorization !== authorization) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end('who are you?');
      return;
    }
    const known = {
      ...(etag === undefined ? {} : { ETag: etag }),
      ...(lastModified === undefined ? {} : { 'Last-Modified': lastModified }),
    };
    const isOther =
      (headers['if-match'] !== undefined && headers['if-match'] !== etag) ||
      (headers['if-unmodified-since'] !== undefined && headers['if-unmodified-since'] !== lastModified);
    const isSame =
      (headers['if-none-match'] !== undefined && headers['if-none-match'] === etag) ||
      (headers['if-modified-since'] !== undefined && headers['if-modified-since'] === lastModified);
    const range = /^bytes=(\d+)-(\d+)$/.exec(hasNoRanges === true ? '' : (headers.range ?? ''));
    if (isOther) response.writeHead(412).end();
    else if (isSame) response.writeHead(304, known).end();
    else if (range === null)
      response.writeHead(200, { ...known, 'Content-Length': content.length }).end(content);
    else {
      const [start, end] = [Number(range[1]), Math.min(Number(range[2]), content.length - 1)];
      response
        .writeHead(206, {
          ...known,
          'Content-Range': `bytes ${start}-${end}/${content.length}`,
          'Content-Length': end - start + 1,
        })
        .end(content.subarray(start, end + 1));
    }
  };
}

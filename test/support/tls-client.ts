import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { pki } from './pki';

/** What is to be remembered of an answer. */
export interface TlsAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** A request that is not a plain GET. */
export interface TlsRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A client with one connection, which it keeps; with a certificate of its own if `options` has one. */
export class TlsClient {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    options: ConnectionOptions = {},
  ) {
    const { servername = 'localhost', ca = pki('server.cert', 'server-next.cert') } = options;
    this.agent = new Agent({ keepAlive: true, maxSockets: 1, ...options, servername, ca });
  }

  /** A device that shows `names[0]` and sends the others along; all certificates of devices have the same key. */
  static showing(url: string, ...names: readonly string[]): TlsClient {
    return new TlsClient(url, {
      cert: pki(...names.map((name) => `${name}.cert`)),
      key: pki(names[0] === 'short' || names[0] === 'long' ? `${names[0]}.key` : 'device.key'),
    });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<TlsAnswer> {
    return this.send(path, { method: 'GET', headers });
  }

  send(path: string, { method, headers, body }: TlsRequest): Promise<TlsAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.url}${path}`, { agent: this.agent, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('error', reject)
          .on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
          });
      });
      sent.on('error', reject).end(body);
    });
  }

  /** A poll of this device; the same connection for all polls of one client. */
  async poll(
    controllerId: string,
    headers: Record<string, string> = {},
    tenant = 'DEFAULT',
  ): Promise<number> {
    const path = `/${tenant}/controller/v1/${encodeURIComponent(controllerId)}`;
    return (await this.get(path, headers)).status;
  }

  /** Its connection, while nothing is asked on it. */
  get idle(): Socket[] {
    return Object.values(this.agent.freeSockets).flatMap((sockets) => sockets ?? []);
  }

  close(): void {
    this.agent.destroy();
  }
}

import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { chokeAs } from './choke';

export const RAUC_CLIENT = 'rauc-hawkbit-updater';
const JSON_TYPE = 'application/json;charset=UTF-8';
const MOST_REDIRECTS = 8;
const PATIENCE_MS = 30_000;

const choke = chokeAs(RAUC_CLIENT);

/** An answer to a JSON request, whatever its status. */
export interface JsonAnswer {
  readonly status: number;
  readonly text: string;
}

/** One request, before it is known where redirects lead it. */
interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly body?: string;
}

/** The HTTP of RAUC's updater, which is libcurl's: JSON on one connection, each download on one of its own. */
export class RaucConnection {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly sockets = new Set<Socket>();

  constructor(private readonly authorization: string) {}

  /** How many connections the JSON requests have needed until now. */
  get connections(): number {
    return this.sockets.size;
  }

  close(): void {
    this.agent.destroy();
  }

  /** Names its Content-Type even where there is no content, and follows no redirect. */
  async call(method: string, url: string, body?: object): Promise<JsonAnswer> {
    const headers = {
      accept: JSON_TYPE,
      'content-type': JSON_TYPE,
      'user-agent': RAUC_CLIENT,
      authorization: this.authorization,
    };
    const { agent } = this;
    const sending = { method, headers, agent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await this.send(url, sending, (socket) => this.sockets.add(socket));
    return { status: answer.statusCode ?? 0, text: (await buffer(answer)).toString() };
  }

  /** The answer's head, its bytes still to come; redirects are followed, but another origin gets no token. */
  async fetch(url: string, range?: string, agent = new Agent({ keepAlive: true })): Promise<IncomingMessage> {
    const home = new URL(url).origin;
    let address = url;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
      const headers = {
        accept: 'application/octet-stream',
        'user-agent': RAUC_CLIENT,
        ...(new URL(address).origin === home ? { authorization: this.authorization } : {}),
        ...(range === undefined ? {} : { range }),
      };
      const answer = await this.send(address, { method: 'GET', headers, agent });
      const { location } = answer.headers;
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0);
      if (!isRedirect || location === undefined) return answer;
      answer.resume();
      address = new URL(location, address).href;
    }
    return choke(`${url} redirects more than ${MOST_REDIRECTS} times`);
  }

  private async send(
    url: string,
    { method, headers, agent, body }: Sending,
    onSocket: (socket: Socket) => void = () => undefined,
  ): Promise<IncomingMessage> {
    if (!/^http:\/\/[^/]/.test(url)) choke(`${JSON.stringify(url)} is no absolute address`);
    const asked = request(url, { method, headers, agent, timeout: PATIENCE_MS });
    asked.once('socket', onSocket);
    asked.once('timeout', () => asked.destroy(new Error(`${method} ${url} is not answered`)));
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    // After the head a cut shows on the answer; here it would be nobody's and end the test run.
    asked.on('error', () => undefined);
    return answer;
  }
}

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DdiClient, type DdiRequest } from './ddi-client';
import { Instances } from './instances';
import { Traffic } from './traffic';

/** An instance that answers with its name, or takes a request and dies of it. */
class Instance {
  readonly heard: string[] = [];
  url = '';
  private server: Server | undefined;

  async open(answer: string | undefined): Promise<void> {
    this.server = createServer((request, response) => {
      this.heard.push(`${request.method} ${request.url}`);
      if (answer === undefined) request.socket.destroy();
      else response.end(answer);
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

describe('a fleet with two instances to speak to', () => {
  const one = new Instance();
  const other = new Instance();
  let client: DdiClient;
  let traffic: Traffic;

  function begin(): void {
    traffic = new Traffic();
    client = new DdiClient(traffic, 4, new Instances([one.url, other.url]));
  }
  const wish = (method: DdiRequest['method'], path: string): DdiRequest => ({
    ...{ method, url: `${one.url}${path}`, headers: {} },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });

  beforeEach(async () => {
    for (const instance of [one, other]) instance.heard.length = 0;
    await other.open('other');
  });
  afterEach(async () => {
    client.close();
    await other.close();
  });

  it('goes to the other one when one lets nobody in, with a report too', async () => {
    await one.open('one');
    await one.close();
    begin();
    expect(await client.ask(wish('GET', '/poll'))).toMatchObject({ status: 200, body: 'other' });
    expect(await client.ask(wish('POST', '/feedback'))).toMatchObject({ status: 200, body: 'other' });
    expect(other.heard).toEqual(['GET /poll', 'POST /feedback']);
    expect(traffic).toMatchObject({ requests: 2, unanswered: 0 });
  });

  it('never sends to the other what one may have taken', async () => {
    await one.open(undefined);
    begin();
    expect(await client.ask(wish('POST', '/feedback'))).toMatchObject({ status: 0 });
    await one.close();
    expect(one.heard).toEqual(['POST /feedback']);
    expect(other.heard).toEqual([]);
    expect(traffic).toMatchObject({ requests: 1, unanswered: 1 });
  });

  it('gives up when there is no other', async () => {
    await one.open('one');
    await one.close();
    traffic = new Traffic();
    client = new DdiClient(traffic, 4, new Instances([one.url]));
    expect(await client.ask(wish('GET', '/poll'))).toMatchObject({ status: 0 });
    expect(traffic.unanswered).toBe(1);
  });
});

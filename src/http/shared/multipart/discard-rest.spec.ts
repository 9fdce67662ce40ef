import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { discardRest } from './discard-rest';

describe('discardRest', () => {
  let server: Server;
  let limits = { maxBytes: 0, maxMs: 0 };
  beforeEach(async () => {
    server = createServer((request, response) => {
      discardRest(request, limits);
      response.writeHead(413).end('too large');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** Sends what it can of an endless body; the answer read until the server cut the connection. */
  function upload(pieces: number): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      let answer = '';
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n');
      for (let i = 0; i < pieces; i += 1) socket.write(Buffer.alloc(1_000_000));
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
    });
  }

  it('cuts a client that never finishes, after it could read the answer', async () => {
    limits = { maxBytes: 50_000_000, maxMs: 100 };
    expect(await upload(1)).toContain('413');
  });

  it('stops reading a client that sends more than the bound', async () => {
    limits = { maxBytes: 1_000_000, maxMs: 60_000 };
    expect(await upload(30)).toContain('413');
  });
});

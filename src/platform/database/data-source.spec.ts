import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Pool } from 'pg';
import { connectionOptions } from './data-source';

const message = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const WELCOME = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
const FAREWELL = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
);

/** A backend whose postmaster was killed while it let somebody in. */
async function orphanedBackend(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([...WELCOME, FAREWELL])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a connection of the pool', () => {
  it('does not end the process when Postgres takes its leave in the same breath as its welcome', async () => {
    const server = await orphanedBackend();
    const { port } = server.address() as AddressInfo;
    const pool = new Pool({
      connectionString: `postgres://rookery@127.0.0.1:${port}/rookery`,
      ...connectionOptions(1),
    });
    pool.on('error', () => undefined);
    const client = await pool.connect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.release();
    await expect(pool.query('SELECT 1')).rejects.toThrow();
    await pool.end();
    server.close();
  });
});

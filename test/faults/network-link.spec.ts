import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { NetworkLink } from '../e2e/support/network-link';
import { pause } from './play';

const LONG_MS = 150;

/** What came out at one end. */
class Ear {
  heard = '';
  hasEnded = false;
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.heard += text));
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }
}

async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await pause(2);
}

describe('a link', () => {
  let listener: Server;
  let link: NetworkLink;
  let target: Ear | undefined;
  let caller: Ear;

  beforeEach(async () => {
    target = undefined;
    listener = createServer({ allowHalfOpen: true }, (socket) => (target = new Ear(socket))).listen(
      0,
      '127.0.0.1',
    );
    await once(listener, 'listening');
    link = await NetworkLink.to(
      `postgres://me:secret@127.0.0.1:${(listener.address() as AddressInfo).port}/there`,
    );
    caller = await call();
    await until(() => target !== undefined);
  });
  afterEach(async () => {
    caller.socket.destroy();
    target?.socket.destroy();
    await link.close();
    listener.close();
  });

  async function call(): Promise<Ear> {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(link.url).port), allowHalfOpen: true });
    const ear = new Ear(socket);
    await Promise.race([once(socket, 'connect').catch(() => undefined), until(() => ear.isClosed)]);
    return ear;
  }

  it('carries bytes and ends both ways, and has the address of its target but for host and port', async () => {
    expect(link.through).toBe(`postgres://me:secret@127.0.0.1:${new URL(link.url).port}/there`);
    caller.socket.end('question');
    await until(() => target?.hasEnded === true);
    target?.socket.end('answer');
    await until(() => caller.hasEnded);
    expect([target?.heard, caller.heard]).toEqual(['question', 'answer']);
  });

  it('delays one way and keeps the order', async () => {
    link.delay(LONG_MS, ['back']);
    const beginMs = performance.now();
    caller.socket.write('now');
    await until(() => target?.heard === 'now');
    target?.socket.write('first ');
    await pause(30);
    link.delay(0);
    target?.socket.write('second');
    await until(() => caller.heard === 'first second');
    expect(performance.now() - beginMs).toBeGreaterThanOrEqual(LONG_MS - 5);
  });

  it('lets nothing through while it is stalled, not even the end of a connection, and all of it afterwards', async () => {
    link.stall(['there']);
    caller.socket.end('lost?');
    await pause(LONG_MS);
    expect([target?.heard, target?.hasEnded]).toEqual(['', false]);
    target?.socket.write('heard');
    await until(() => caller.heard === 'heard');
    link.flow();
    await until(() => target?.hasEnded === true);
    expect(target?.heard).toBe('lost?');
  });

  it('hides from the target that its caller died while it was stalled', async () => {
    link.stall();
    caller.socket.resetAndDestroy();
    await pause(LONG_MS);
    expect(target?.isClosed).toBe(false);
    link.flow();
    await until(() => target?.isClosed === true);
  });

  it('cuts what is open, refuses while it is down, and takes connections again', async () => {
    link.cut();
    await until(() => caller.isClosed && target?.isClosed === true);
    link.down();
    const refused = await call();
    await until(() => refused.isClosed);
    link.up();
    target = undefined;
    caller = await call();
    caller.socket.write('again');
    await until(() => target?.heard === 'again');
  });

  it('shows bytes before they are sent on, so that an answer can be lost', async () => {
    link.watch((way, bytes, leg) => {
      if (way === 'back' && bytes.includes('committed')) leg.cut();
    });
    caller.socket.write('commit');
    await until(() => target?.heard === 'commit');
    target?.socket.write('committed');
    await until(() => caller.isClosed);
    expect(caller.heard).toBe('');
  });
});

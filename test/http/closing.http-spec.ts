import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Fleet } from '../support/fleet';
import { startRookery } from '../support/rookery-app';

describe('closing the server', () => {
  it('ends streams that are being read and connections that are kept alive, without waiting for either', async () => {
    const rookery = await startRookery();
    const fleet = new Fleet(rookery);
    const device = await fleet.registered('device-1');
    await fleet.rollout(await fleet.release('2.0'));
    const actionId = (await device.offered()) ?? '';
    const agent = new Agent({ keepAlive: true });
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { Authorization: `Bearer ${rookery.token}` };
      get(`${rookery.url}/api/v1/actions/${actionId}/log/stream`, { agent, headers }, resolve).on(
        'error',
        reject,
      );
    });
    const ended = new Promise((resolve) => stream.on('end', resolve).on('error', resolve).resume());
    // Keep-alive is more than five minutes: were it waited for, this test would not end in time.
    await rookery.close();
    await ended;
    agent.destroy();
  });

  it('cuts connections that say nothing, or half a request, when the time to end is over', async () => {
    const rookery = await startRookery();
    const port = Number(new URL(rookery.url).port);
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    const half = connect(port, '127.0.0.1').on('error', () => undefined);
    await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
    half.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    await fetch(`${rookery.url}/healthz`);
    const gone = Promise.all([once(silent, 'close'), once(half, 'close')]);
    await rookery.close();
    await gone;
  });
});

import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ClientAuthoritiesService } from '../../src/modules/tenants/client-authorities.service';
import { systemActor } from '../../src/platform/actor/actor';
import { Fleet } from '../support/fleet';
import { pki, pkiPath } from '../support/pki';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { TlsClient } from '../support/tls-client';

const TLS = { ROOKERY_TLS_CERT: pkiPath('server.cert'), ROOKERY_TLS_KEY: pkiPath('server.key') };
const SERVERS = pki('server.cert', 'server-next.cert');

const portOf = (url: string): number => Number(new URL(url).port);
const ignore = (): void => undefined;

/** A handshake that succeeded. */
async function handshake(url: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    port: portOf(url),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: SERVERS,
    ...options,
  });
  await once(socket, 'secureConnect');
  return socket;
}

/** Polls by hand, so that nothing but this one connection is used. */
async function pollOn(socket: TLSSocket, controllerId: string): Promise<string> {
  socket.write(`GET /DEFAULT/controller/v1/${controllerId} HTTP/1.1\r\nHost: rookery\r\n\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString().split('\r\n', 1)[0] ?? '';
}

describe('TLS spoken by Rookery itself', () => {
  let rookery: TestRookery;
  const clients: TlsClient[] = [];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    rookery = await startRookery({ settings: TLS });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    for (const socket of sockets) socket.destroy();
    await rookery.close();
  });

  const client = (options: ConnectionOptions = {}): TlsClient => {
    const made = new TlsClient(rookery.tlsUrl, options);
    clients.push(made);
    return made;
  };
  const gateway = (): Record<string, string> => ({ Authorization: `GatewayToken ${rookery.gatewayToken}` });

  it('lets devices with tokens and people in, as plain HTTP beside it does', async () => {
    expect(await client().poll('device-1', gateway())).toBe(200);
    expect(await client().poll('device-1', { Authorization: 'GatewayToken wrong' })).toBe(401);
    const devices = await client().get('/api/v1/devices', { Authorization: `Bearer ${rookery.token}` });
    expect(devices.status).toBe(200);
    expect(
      (await fetch(`${rookery.url}/DEFAULT/controller/v1/device-1`, { headers: gateway() })).status,
    ).toBe(200);
  });

  it('writes links that begin with https and the host that was asked, all of them', async () => {
    const fleet = new Fleet(rookery);
    await fleet.rollout(await fleet.release('2.0'));
    const device = await fleet.registered('linked');
    const id = (await device.offered()) ?? '';
    const poll = await client().get('/DEFAULT/controller/v1/linked', {
      ...gateway(),
      Host: 'updates.example.com:8443',
    });
    const deployment = await client().get(`/DEFAULT/controller/v1/linked/deploymentBase/${id}`, {
      ...gateway(),
      Host: 'updates.example.com:8443',
    });
    const links = [...`${poll.body}${deployment.body}`.matchAll(/"href":"([^"]+)"/g)].map(
      (match) => match[1],
    );
    expect(links.length).toBeGreaterThanOrEqual(5);
    for (const link of links) expect(link).toMatch(/^https:\/\/updates\.example\.com:8443\/DEFAULT\//);
    const plain = await fetch(`${rookery.url}/DEFAULT/controller/v1/linked`, { headers: gateway() });
    expect(await plain.text()).toContain(`"href":"${rookery.url}/DEFAULT/`);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const socket = await handshake(rookery.tlsUrl, { minVersion: version, maxVersion: version });
    sockets.push(socket);
    expect(socket.getProtocol()).toBe(version);
  });

  it('does not speak TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(handshake(rookery.tlsUrl, old)).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes no session of %s: what was shown once is not known again',
    async (version) => {
      const authorities = rookery.app.get(ClientAuthoritiesService);
      const { id } = await authorities.add(systemActor('1'), 'factory', pki('root.cert'));
      const only = { minVersion: version, maxVersion: version };
      const shown = { ...only, cert: pki('by-cn.cert'), key: pki('device.key') };
      const before = connect({
        port: portOf(rookery.tlsUrl),
        servername: 'localhost',
        ca: SERVERS,
        ...shown,
      });
      const sessions: Buffer[] = [];
      before.on('session', (session) => sessions.push(session));
      await once(before, 'secureConnect');
      expect(await pollOn(before, 'device-cn')).toBe('HTTP/1.1 200 OK');
      const session = sessions.at(-1) ?? before.getSession();
      before.destroy();
      const options = { ...only, ...(session === undefined ? {} : { session }) };
      const after = await handshake(rookery.tlsUrl, options);
      expect(after.isSessionReused()).toBe(false);
      expect(await pollOn(after, 'device-cn')).toBe('HTTP/1.1 401 Unauthorized');
      after.destroy();
      await authorities.remove(systemActor('1'), id);
    },
  );

  it('names no authority to those who come', async () => {
    const { id } = await rookery.app
      .get(ClientAuthoritiesService)
      .add(systemActor('1'), 'x', pki('root.cert'));
    const socket = connectPlain(portOf(rookery.tlsUrl), '127.0.0.1');
    sockets.push(socket);
    const seen: Buffer[] = [];
    const tls = connect({ socket, servername: 'localhost', ca: SERVERS, maxVersion: 'TLSv1.2' });
    socket.on('data', (chunk: Buffer) => seen.push(chunk));
    await once(tls, 'secureConnect');
    expect(Buffer.concat(seen).toString('latin1')).not.toContain('Factory Root');
    await rookery.app.get(ClientAuthoritiesService).remove(systemActor('1'), id);
  });

  it('is not upset by what is no TLS, nor plain HTTP by what is', async () => {
    for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff\x01', '\0'.repeat(2000)]) {
      const socket = connectPlain(portOf(rookery.tlsUrl), '127.0.0.1').on('error', ignore);
      socket.end(garbage);
      socket.resume();
      await once(socket, 'close');
    }
    const hello = connect({ port: portOf(rookery.url), host: '127.0.0.1', rejectUnauthorized: false });
    await expect(once(hello, 'secureConnect')).rejects.toThrow();
    expect(await client().poll('device-1', gateway())).toBe(200);
    expect((await fetch(`${rookery.url}/healthz`)).status).toBe(200);
  });

  it('waits for nobody: while some say nothing, others are served', async () => {
    const silent = Array.from({ length: 50 }, () => connectPlain(portOf(rookery.tlsUrl), '127.0.0.1'));
    sockets.push(...silent);
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    expect(await client().poll('device-1', gateway())).toBe(200);
  });

  it('keeps a connection for the next poll', async () => {
    const kept = client();
    await kept.poll('device-1', gateway());
    const [socket] = kept.idle;
    await kept.poll('device-1', gateway());
    expect(kept.idle).toEqual([socket]);
  });
});

describe('a certificate of the server that is replaced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-tls-'));
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  let rookery: TestRookery;

  const put = (name: string): void => {
    copyFileSync(pkiPath(`${name}.cert`), files.cert);
    copyFileSync(pkiPath(`${name}.key`), files.key);
  };
  const shown = async (): Promise<string> => {
    const socket = await handshake(rookery.tlsUrl);
    const pem = socket.getPeerX509Certificate()?.toString() ?? '';
    socket.destroy();
    return pem;
  };

  beforeAll(async () => {
    put('server');
    const settings = { ROOKERY_TLS_CERT: files.cert, ROOKERY_TLS_KEY: files.key };
    rookery = await startRookery({ settings });
  });
  afterAll(async () => {
    await rookery.close();
    rmSync(folder, { recursive: true });
  });

  it('is shown to who comes next, and connections that are open go on', async () => {
    const open = new TlsClient(rookery.tlsUrl);
    expect((await open.get('/healthz')).status).toBe(200);
    const [socket] = open.idle;
    expect(await shown()).toBe(pki('server.cert'));
    put('server-next');
    await rookery.tls?.refresh();
    expect(await shown()).toBe(pki('server-next.cert'));
    expect((await open.get('/healthz')).status).toBe(200);
    expect(open.idle).toEqual([socket]);
    open.close();
  });

  it('stays when what lies there is no good, and devices are still asked for theirs', async () => {
    put('server-next');
    await rookery.tls?.refresh();
    writeFileSync(files.cert, 'half');
    await rookery.tls?.refresh();
    expect(await shown()).toBe(pki('server-next.cert'));
    await rookery.app.get(ClientAuthoritiesService).add(systemActor('1'), 'factory', pki('root.cert'));
    const device = TlsClient.showing(rookery.tlsUrl, 'by-cn');
    expect(await device.poll('device-cn')).toBe(200);
    device.close();
  });

  it('has to be sound at the start', async () => {
    const settings = { ...TLS, ROOKERY_TLS_KEY: pkiPath('server-next.key') };
    await expect(startRookery({ replicaOf: rookery, settings })).rejects.toThrow(
      /The key in .*server-next\.key\.pem does not belong to the first certificate in .*server\.cert\.pem/,
    );
  });
});

describe('without plain HTTP', () => {
  it('there is one port, and it speaks TLS', async () => {
    const rookery = await startRookery({ settings: { ...TLS, ROOKERY_PLAIN_HTTP: 'off' } });
    expect(rookery.url).toBe(rookery.tlsUrl);
    const client = new TlsClient(rookery.tlsUrl);
    expect((await client.get('/healthz')).status).toBe(200);
    await expect(fetch(rookery.url.replace('https', 'http'))).rejects.toThrow();
    await rookery.close();
    client.close();
  });
});

describe('closing the server', () => {
  it('ends TLS connections as it ends plain ones, those in the middle of a handshake too', async () => {
    const rookery = await startRookery({ settings: TLS });
    const silent = connectPlain(portOf(rookery.tlsUrl), '127.0.0.1').on('error', ignore);
    const half = connectPlain(portOf(rookery.tlsUrl), '127.0.0.1').on('error', ignore);
    await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
    half.write('\x16\x03\x01\x02\x00\x01');
    const client = new TlsClient(rookery.tlsUrl);
    expect((await client.get('/healthz')).status).toBe(200);
    const idle = client.idle;
    const gone = Promise.all([silent, half, ...idle].map((socket) => once(socket, 'close')));
    await rookery.close();
    await gone;
    expect(idle).toHaveLength(1);
    client.close();
  });

  it('lets a request over TLS that is under way end', async () => {
    const rookery = await startRookery({ settings: TLS });
    const body = '{"name":"late","role":"viewer"}';
    const socket = await handshake(rookery.tlsUrl);
    socket.write(
      `POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${rookery.token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    // It is under way once the server asks for the rest.
    expect(String(await once(socket, 'data'))).toContain('100 Continue');
    const closed = rookery.close();
    socket.write(body);
    expect(String(await once(socket, 'data'))).toContain('201 Created');
    await closed;
  });
});

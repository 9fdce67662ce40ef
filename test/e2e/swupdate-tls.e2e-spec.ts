import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from './support/certificate-authority';
import { docsExamples } from './support/docs-example';
import { resetDevice } from './support/installed-image';
import { Management } from './support/management';
import { NetworkLink } from './support/network-link';
import { NginxProxy } from './support/nginx-proxy';
import { Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import type { CertificateFiles } from './support/swupdate-config';
import { SwupdateDevice, type SwupdateDeviceOptions } from './support/swupdate-device';
import { askOverTls } from './support/tls-request';
import { WireLog } from './support/wire-log';

jest.setTimeout(240_000);

const [PLAIN = '', WITH_CERTIFICATES = ''] = docsExamples('docs/operations.md', 'nginx');
/** What the second example takes over from the first. */
const TAKEN_OVER = '# … as above, and:';
const LOCATION = /location \/ \{\n(.*?)\n\s*\}/s;

let folder: string;
let site: CertificateAuthority;
let factory: CertificateAuthority;
let web: CertificateFiles;
let server: RookeryProcess;
let management: Management;
let operator: Operator;
let link: NetworkLink;
let wire: WireLog;
/** Everything that Rookery answered to nginx. */
let answered: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pki-'));
  await chmod(folder, 0o755);
  site = new CertificateAuthority(folder, 'site-ca');
  factory = new CertificateAuthority(folder, 'factory-ca');
  web = site.issueServer('localhost');
  server = await RookeryProcess.start({ settings: { ROOKERY_TRUSTED_PROXIES: '127.0.0.1' } });
  management = new Management(server.url, server.token);
  operator = new Operator(management);
  await management.send('PATCH', '/tenant/settings', { certificateAuthorities: ['factory-ca'] });
});

afterAll(async () => {
  await server.discard();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await resetDevice();
});

/** nginx by an example of the docs, in front of Rookery, and somebody who reads along between the two. */
async function startNginx(example: string): Promise<NginxProxy> {
  link = await NetworkLink.to(server.url);
  wire = new WireLog(link);
  answered = '';
  link.watch((way, bytes) => {
    if (way === 'back') answered += bytes.toString('latin1', 0, 8_192);
  });
  return NginxProxy.start({
    config: example.replace('127.0.0.1:8080', new URL(link.url).host),
    files: {
      [web.certFile]: 'server.pem',
      [web.keyFile]: 'server.key',
      [factory.certFile]: 'factory-ca.pem',
    },
  });
}

/** Lets the device come, install a release, restart and report. */
async function update(swupdate: SwupdateDevice, controllerId: string): Promise<Episode> {
  await swupdate.start();
  await operator.adopt(controllerId);
  const rollout = await operator.rollOut(controllerId, 'basic-1.0.swu');
  await swupdate.waitForInstalled();
  await swupdate.reboot();
  return operator.record(controllerId, rollout);
}

function expectConfirmed(episode: Episode): void {
  expect(episode.onStorage).toBe('1.0');
  expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
  expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
}

describe('behind nginx as in the docs, with a certificate of a private authority', () => {
  let nginx: NginxProxy;

  beforeAll(async () => {
    nginx = await startNginx(PLAIN);
  });

  afterAll(async () => {
    await nginx.discard();
    await link.close();
  });

  it('updates a device that trusts that authority, by links that are https', async () => {
    const controllerId = 'encrypted';
    const { gatewayToken } = server;
    const options = { serverUrl: nginx.url, controllerId, gatewayToken, caFile: site.certFile };
    const swupdate = new SwupdateDevice(options);
    try {
      expectConfirmed(await nginx.orShowLogs(() => update(swupdate, controllerId)));
    } finally {
      await swupdate.stop();
    }
    const links = [...answered.matchAll(/"href":"([^"]+)"/g)].map(([, href = '']) => href);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((href) => !href.startsWith(`${nginx.url}/`))).toEqual([]);
    expect(wire.downloads.map(({ status }) => status)).toEqual([200]);
  });

  it('does not get through to a device that does not trust it', async () => {
    const controllerId = 'distrustful';
    const { gatewayToken } = server;
    const swupdate = new SwupdateDevice({ serverUrl: nginx.url, controllerId, gatewayToken });
    try {
      await swupdate.start();
      await nginx.orShowLogs(() => swupdate.waitForLog(/certificate/i));
    } finally {
      await swupdate.stop();
    }
    expect(wire.pollsOf(controllerId)).toEqual([]);
    await expect(management.device(controllerId)).rejects.toMatchObject({ status: 404 });
  });
});

describe.each([
  ['current', 'x-controller-id', 'x-authority'],
  ['legacy', 'x-ssl-client-cn', 'x-ssl-issuer-hash-1'],
] as const)('behind nginx that checks certificates of devices, headers %s', (generation, name, authority) => {
  const controllerId = `bearer-${generation}`;
  const victim = `victim-${generation}`;
  let nginx: NginxProxy;

  beforeAll(async () => {
    await server.restartWith({ ROOKERY_CERTIFICATE_HEADERS: generation });
    const above = LOCATION.exec(PLAIN)?.[1] ?? '';
    expect(WITH_CERTIFICATES).toContain(TAKEN_OVER);
    nginx = await startNginx(WITH_CERTIFICATES.replace(TAKEN_OVER, () => above));
  });

  afterAll(async () => {
    await nginx.discard();
    await link.close();
  });

  function optionsFor(id: string, certificate: CertificateFiles): SwupdateDeviceOptions {
    return { serverUrl: nginx.url, controllerId: id, certificate, caFile: site.certFile };
  }

  it('registers and updates a device by its certificate, without any token', async () => {
    const swupdate = new SwupdateDevice(optionsFor(controllerId, factory.issueDevice(controllerId)));
    try {
      expectConfirmed(await nginx.orShowLogs(() => update(swupdate, controllerId)));
    } finally {
      await swupdate.stop();
    }
    const seen = wire.exchanges.map(({ headers }) => headers);
    expect(new Set(seen.map((headers) => headers[name]))).toEqual(new Set([controllerId]));
    expect(new Set(seen.map((headers) => headers[authority]))).toEqual(new Set(['factory-ca']));
    expect(seen.filter((headers) => 'authorization' in headers)).toEqual([]);
  });

  it('refuses a device with the certificate of another', async () => {
    const swupdate = new SwupdateDevice(optionsFor(victim, factory.issueDevice(`thief-${generation}`)));
    try {
      await swupdate.start();
      await nginx.orShowLogs(() => wire.untilMore(() => wire.pollsOf(victim), 2));
    } finally {
      await swupdate.stop();
    }
    expect(new Set(wire.pollsOf(victim).map(({ status }) => status))).toEqual(new Set([401]));
    await expect(management.device(victim)).rejects.toMatchObject({ status: 404 });
  });

  it.each([
    ['the certificate of another', true],
    ['no certificate at all', false],
  ])('does not believe what a device with %s writes into the headers itself', async (_what, hasOne) => {
    const certificate = hasOne ? factory.issueDevice(`forger-${generation}`) : undefined;
    const before = wire.exchanges.length;
    const status = await askOverTls(`${nginx.url}/DEFAULT/controller/v1/${victim}`, {
      caFile: site.certFile,
      certificate,
      headers: {
        'X-Controller-Id': victim,
        'X-Authority': 'factory-ca',
        'X-Ssl-Client-Cn': victim,
        'X-Ssl-Issuer-Hash-1': 'factory-ca',
      },
    });
    expect(status).toBe(401);
    const [passed] = wire.exchanges.slice(before);
    expect(passed?.headers[name]).toBe(hasOne ? `forger-${generation}` : undefined);
    await expect(management.device(victim)).rejects.toMatchObject({ status: 404 });
  });

  it('would believe them without nginx, which is why only a trusted proxy may write them', async () => {
    const url = `${server.url}/DEFAULT/controller/v1/${victim}`;
    const answer = await fetch(url, { headers: { [name]: victim, [authority]: 'factory-ca' } });
    expect(answer.status).toBe(200);
  });
});

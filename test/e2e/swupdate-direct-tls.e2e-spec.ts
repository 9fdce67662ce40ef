import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assign } from './support/assign';
import { CertificateAuthority } from './support/certificate-authority';
import { findFreePort } from './support/free-port';
import { FACTORY_VERSION, readInstalledVersion, resetDevice } from './support/installed-image';
import { Management } from './support/management';
import { Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { SwupdateDevice, type SwupdateDeviceOptions } from './support/swupdate-device';
import { askOverTls, readOverTls, type TlsRequest } from './support/tls-request';

jest.setTimeout(240_000);

let folder: string;
let site: CertificateAuthority;
let factory: CertificateAuthority;
let server: RookeryProcess;
/** Where devices come: TLS, spoken by Rookery itself. */
let url: string;
let management: Management;
let operator: Operator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pki-'));
  await chmod(folder, 0o755);
  site = new CertificateAuthority(folder, 'site-ca');
  factory = new CertificateAuthority(folder, 'factory-ca');
  const { certFile, keyFile } = site.issueServer('localhost');
  const port = String(await findFreePort());
  url = `https://localhost:${port}`;
  server = await RookeryProcess.start({
    settings: { ROOKERY_TLS_CERT: certFile, ROOKERY_TLS_KEY: keyFile, ROOKERY_TLS_PORT: port },
  });
  management = new Management(server.url, server.token);
  operator = new Operator(management);
  const certificate = await readFile(factory.certFile, 'utf8');
  await management.send('POST', '/client-authorities', { name: 'factory', certificate });
});

afterAll(async () => {
  await server.discard();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await resetDevice();
});

const pathOf = (controllerId: string): string => `${url}/DEFAULT/controller/v1/${controllerId}`;
const linksIn = (text: string): string[] =>
  [...text.matchAll(/"href":"([^"]+)"/g)].map(([, href = '']) => href);

/** Every link that a device sees while an action is open. */
async function linksOf(controllerId: string, actionId: string, asker: TlsRequest): Promise<string[]> {
  const poll = await readOverTls(pathOf(controllerId), asker);
  return [
    ...linksIn(poll),
    ...linksIn(await readOverTls(`${pathOf(controllerId)}/deploymentBase/${actionId}`, asker)),
  ];
}

interface Update {
  readonly episode: Episode;
  /** What the device was shown before it restarted. */
  readonly links: readonly string[];
  readonly log: string;
}

/** Lets the device come, install a release, restart and report. */
async function update(options: SwupdateDeviceOptions, asker: TlsRequest): Promise<Update> {
  const { controllerId } = options;
  const swupdate = new SwupdateDevice(options);
  try {
    await swupdate.start();
    await operator.adopt(controllerId);
    const rollout = await operator.rollOut(controllerId, 'basic-1.0.swu');
    await swupdate.waitForInstalled();
    const { id } = await operator.actionOf(controllerId, rollout);
    const links = await linksOf(controllerId, id, asker);
    await swupdate.reboot();
    return { episode: await operator.record(controllerId, rollout), links, log: swupdate.log };
  } finally {
    await swupdate.stop();
  }
}

function expectConfirmedOverTls({ episode, links, log }: Update): void {
  expect(episode.onStorage).toBe('1.0');
  expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
  expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  // The deployment of the poll, and both pairs of its file.
  expect(links.length).toBeGreaterThanOrEqual(5);
  expect(links.filter((href) => !href.startsWith(`${url}/DEFAULT/`))).toEqual([]);
  const downloads = [...log.matchAll(/https?:\/\/\S+\/artifacts\/[^\s'"]+/g)].map(([href]) => href);
  expect(downloads.length).toBeGreaterThan(0);
  expect(downloads.filter((href) => !href.startsWith(`${url}/DEFAULT/`))).toEqual([]);
}

describe("swupdate with Rookery's own TLS, whose certificate is of a private authority", () => {
  it('updates with a gateway token', async () => {
    const { gatewayToken } = server;
    const caFile = site.certFile;
    const asker = { caFile, headers: { Authorization: `GatewayToken ${gatewayToken}` } };
    const options = { serverUrl: url, controllerId: 'direct-token', gatewayToken, caFile };
    expectConfirmedOverTls(await update(options, asker));
  });

  it('is registered and updates with a certificate of its own, without any token', async () => {
    const controllerId = 'direct-certificate';
    const asker = { caFile: site.certFile, certificate: factory.issueDevice(controllerId) };
    expectConfirmedOverTls(await update({ serverUrl: url, controllerId, ...asker }, asker));
  });

  it('does not come when it does not trust that authority', async () => {
    const controllerId = 'direct-distrustful';
    const { gatewayToken } = server;
    const swupdate = new SwupdateDevice({ serverUrl: url, controllerId, gatewayToken });
    try {
      await swupdate.start();
      await swupdate.waitForLog(/operation failed .*certificate/, 60_000);
    } finally {
      await swupdate.stop();
    }
    await expect(management.device(controllerId)).rejects.toMatchObject({ status: 404 });
  });

  it.each([
    ['the certificate of another device', 'thief', (): CertificateAuthority => factory],
    ['a certificate of an authority that nobody registered', 'victim-2', (): CertificateAuthority => site],
  ])('gets 401 and nothing with %s', async (_what, commonName, authority) => {
    const victim = commonName === 'thief' ? 'victim-1' : commonName;
    const caFile = site.certFile;
    const own = { caFile, certificate: factory.issueDevice(victim) };
    expect(await askOverTls(pathOf(victim), own)).toBe(200);
    const release = await operator.release(victim, ['basic-1.0.swu'], { compatibility: '*' });
    const id = await assign(management, release.id, victim);
    const links = await linksOf(victim, id, own);
    const before = await management.actionLog(id);

    const shown = { caFile, certificate: authority().issueDevice(commonName) };
    const swupdate = new SwupdateDevice({ serverUrl: url, controllerId: victim, ...shown });
    try {
      await swupdate.start();
      // The poll, and its attributes.
      await swupdate.waitForLog(/error code 401[^]*error code 401/, 60_000);
    } finally {
      await swupdate.stop();
    }
    for (const href of new Set([pathOf(victim), ...links])) expect(await askOverTls(href, shown)).toBe(401);
    expect(await management.actionLog(id)).toEqual(before);
    expect((await management.device(victim)).attributes).toEqual({});
    expect(await readInstalledVersion()).toBe(FACTORY_VERSION);
  });
});

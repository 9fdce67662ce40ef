import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVICE_FOLDER, makeKnown, resetDevice } from './support/installed-image';
import { Management, type ReleaseView } from './support/management';
import { NetworkLink } from './support/network-link';
import { Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { signedBundle } from './support/signed-bundle';
import { SwupdateDevice } from './support/swupdate-device';
import { WireLog, type Exchange } from './support/wire-log';

jest.setTimeout(240_000);

/** So large that the buffers between server and device do not swallow it: a server that dies is still sending. */
const IMAGE_BYTES = 16_000_000;
const BYTES_PER_SECOND = 3_000_000;
const MIDDLE_BYTES = 2_000_000;
/** It grants the download 2 s, then cuts it and stops its Postgres: a busy machine takes its time. */
const STOP_PATIENCE_MS = 30_000;

let server: RookeryProcess;
let operator: Operator;
let folder: string;

beforeAll(async () => {
  server = await RookeryProcess.start();
  operator = new Operator(new Management(server.url, server.token));
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
});

afterAll(async () => {
  await server.discard();
  await rm(folder, { recursive: true, force: true });
});

/** Makes a bundle of random bytes, to be written into a file of this name on the device. */
async function makeBundle(version: string, imageName: string, sizeBytes: number): Promise<string> {
  const image = randomBytes(sizeBytes);
  if (imageName === 'rootfs.img') makeKnown(version, image);
  const path = join(folder, `${imageName}-${version}.swu`);
  await writeFile(path, await signedBundle({ version, imageName, image }));
  await writeFile(join(folder, `${imageName}-${version}`), image);
  return path;
}

function rangeStart({ headers }: Exchange): number {
  return Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? '')?.[1] ?? '0');
}

describe.each([
  [
    'is cut',
    '1.1',
    (link: NetworkLink): void => {
      link.cut();
    },
  ],
  [
    'ends with the server, which is restarted by SIGTERM',
    '1.2',
    async (): Promise<void> => {
      await server.stop('SIGTERM', STOP_PATIENCE_MS);
      await server.restart();
    },
  ],
  [
    'ends with the server, which is killed and started again',
    '1.3',
    async (): Promise<void> => {
      await server.kill9();
      await server.restart();
    },
  ],
] as const)('a download that %s', (_what, version, disturb) => {
  const controllerId = `resumes-${version}`;
  let link: NetworkLink;
  let swupdate: SwupdateDevice;
  let sizeBytes: number;
  let downloads: readonly Exchange[];
  let carriedBytes: number;
  let episode: Episode;

  beforeAll(async () => {
    await resetDevice();
    link = await NetworkLink.to(server.url);
    const wire = new WireLog(link);
    const { gatewayToken } = server;
    swupdate = new SwupdateDevice({ serverUrl: link.url, controllerId, gatewayToken, retries: 60 });
    await swupdate.start();
    await operator.adopt(controllerId);
    const bundle = await makeBundle(version, 'rootfs.img', IMAGE_BYTES);
    sizeBytes = (await readFile(bundle)).length;
    const release = await operator.release(controllerId, [bundle]);
    link.slowDownTo(BYTES_PER_SECOND);
    const since = link.carriedBytes;
    const rollout = await operator.start(controllerId, release);
    await link.waitForCarried(MIDDLE_BYTES, { since, timeoutMs: 30_000 });
    await disturb(link);
    link.fullSpeed();
    await swupdate.waitForInstalled(60_000);
    carriedBytes = link.carriedBytes - since;
    await swupdate.reboot();
    episode = await operator.record(controllerId, rollout);
    await operator.untilReported(controllerId, version);
    downloads = wire.downloads;
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('goes on where it was, by a range of the rest', () => {
    const [first, ...later] = downloads;
    expect(first).toMatchObject({ status: 200 });
    expect(first?.headers).not.toHaveProperty('range');
    const resumed = later.filter(({ status }) => status === 206);
    expect(resumed.length).toBeGreaterThan(0);
    for (const one of resumed) {
      expect(rangeStart(one)).toBeGreaterThan(0);
      expect(rangeStart(one)).toBeLessThan(sizeBytes);
    }
  });

  it('carries the file about once', () => {
    expect(carriedBytes).toBeGreaterThan(sizeBytes);
    expect(carriedBytes).toBeLessThan(1.5 * sizeBytes);
  });

  it('is installed for real, and confirmed with proof', () => {
    expect(episode.onStorage).toBe(version);
    expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
  });

  it('is logged as one download, without gaps', () => {
    const { log } = episode;
    expect(log.map((entry) => entry.seq)).toEqual(log.map((_entry, index) => index + 1));
    expect(log.filter(({ status }) => status === 'download')).toHaveLength(1);
  });

  it('is counted as one confirmed device, and nothing else', () => {
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  });

  it('is explained: the version is installed already', () => {
    expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });
});

describe.each([
  ['as a module each', '6.1', 2],
  ['in one module', '6.2', 1],
] as const)('a release of two bundles, %s', (_how, version, modules) => {
  const controllerId = `pair-${version}`;
  const imageNames = ['rootfs.img', 'app.img'] as const;
  let swupdate: SwupdateDevice;
  let release: ReleaseView;
  let episode: Episode;

  beforeAll(async () => {
    await resetDevice();
    const { url: serverUrl, gatewayToken } = server;
    swupdate = new SwupdateDevice({ serverUrl, controllerId, gatewayToken });
    await swupdate.start();
    await operator.adopt(controllerId);
    const bundles = await Promise.all(imageNames.map((name) => makeBundle(version, name, 200_000)));
    const files = imageNames.map((name) => `${name}-${version}.swu`);
    const fields = modules === 1 ? { modules: JSON.stringify([{ files }]) } : {};
    release = await operator.release(controllerId, bundles, { ...fields, version });
    const rollout = await operator.start(controllerId, release);
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    episode = await operator.record(controllerId, rollout);
  });

  afterAll(() => swupdate.stop());

  it('has its files where they belong', () => {
    expect(release.modules).toHaveLength(modules);
    expect(release.modules.flatMap(({ artifacts }) => artifacts)).toHaveLength(2);
  });

  it('is installed whole: both images are on the device', async () => {
    for (const name of imageNames) {
      const expected = await readFile(join(folder, `${name}-${version}`));
      expect(expected.equals(await readFile(join(DEVICE_FOLDER, name)))).toBe(true);
    }
    expect(episode.onStorage).toBe(version);
  });

  it('is confirmed and counted as one device, and each download is logged', () => {
    expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    const downloads = episode.log.filter(({ status }) => status === 'download');
    expect(downloads.flatMap(({ messages }) => messages).sort()).toEqual(
      imageNames.map((name) => `The device downloads ${name}-${version}.swu.`).sort(),
    );
  });

  it('is explained: the version is installed already', () => {
    expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });
});

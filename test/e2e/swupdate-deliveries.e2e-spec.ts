import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKnown, resetDevice } from './support/installed-image';
import { Management } from './support/management';
import { MinioServer } from './support/minio-server';
import { NetworkLink } from './support/network-link';
import { Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { signedBundle } from './support/signed-bundle';
import { SwupdateDevice } from './support/swupdate-device';
import { WireLog } from './support/wire-log';

jest.setTimeout(240_000);

/** So large that no buffer between store and device holds it: what is still to come has to be sent. */
const IMAGE_BYTES = 16_000_000;
const BYTES_PER_SECOND = 3_000_000;
const MIDDLE_BYTES = 2_000_000;
const PATIENCE_MS = 60_000;

let folder: string;
let minio: MinioServer;
/** Between devices and MinIO; Rookery itself goes straight. */
let toMinio: NetworkLink;
let wireToMinio: WireLog;
/** All that devices said to MinIO. */
let saidToMinio: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deliveries-'));
  minio = await MinioServer.start();
  toMinio = await NetworkLink.to(minio.endpoint);
  wireToMinio = new WireLog(toMinio);
  saidToMinio = '';
  toMinio.watch((way, bytes) => {
    if (way === 'there') saidToMinio += bytes.toString('latin1');
  });
}, 1_500_000);

afterAll(async () => {
  await toMinio.close();
  await minio.discard();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => resetDevice());

function inMinio(): Record<string, string> {
  return {
    ROOKERY_STORAGE: 's3',
    ROOKERY_S3_ENDPOINT: minio.endpoint,
    ROOKERY_S3_PUBLIC_ENDPOINT: toMinio.url,
    ROOKERY_S3_BUCKET: minio.bucket,
    ROOKERY_S3_ACCESS_KEY: minio.keys.accessKey,
    ROOKERY_S3_SECRET_KEY: minio.keys.secretKey,
  };
}

async function makeBundle(version: string): Promise<string> {
  const image = randomBytes(IMAGE_BYTES);
  makeKnown(version, image);
  const path = join(folder, `rootfs-${version}.swu`);
  await writeFile(path, await signedBundle({ version, imageName: 'rootfs.img', image }));
  return path;
}

/** A server, a device of its own, and somebody who reads along between the two. */
async function withDevice(
  settings: Record<string, string>,
  scene: (stage: {
    server: RookeryProcess;
    operator: Operator;
    swupdate: SwupdateDevice;
    wire: WireLog;
    controllerId: string;
  }) => Promise<void>,
): Promise<void> {
  const server = await RookeryProcess.start({ settings });
  const link = await NetworkLink.to(server.url);
  const controllerId = 'delivered';
  const { gatewayToken } = server;
  const swupdate = new SwupdateDevice({ serverUrl: link.url, controllerId, gatewayToken, retries: 60 });
  try {
    const operator = new Operator(new Management(server.url, server.token));
    await swupdate.start();
    await operator.adopt(controllerId);
    await scene({ server, operator, swupdate, wire: new WireLog(link), controllerId });
  } finally {
    await swupdate.stop();
    await link.close();
    await server.discard();
  }
}

function expectConfirmed(episode: Episode, version: string): void {
  expect(episode.onStorage).toBe(version);
  expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
  expect(episode.log.filter(({ status }) => status === 'download').length).toBeGreaterThan(0);
}

describe('swupdate installs', () => {
  it.each([
    ['the disk', '3.1', (): Record<string, string> => ({})],
    ['MinIO', '3.2', inMinio],
  ])('what Rookery streams from %s', async (_where, version, settings) => {
    await withDevice(settings(), async ({ operator, swupdate, wire, controllerId }) => {
      const release = await operator.release(controllerId, [await makeBundle(version)]);
      const rollout = await operator.start(controllerId, release);
      await swupdate.waitForInstalled(PATIENCE_MS);
      await swupdate.reboot();
      expectConfirmed(await operator.record(controllerId, rollout), version);
      expect(wire.downloads[0]).toMatchObject({ status: 200 });
      expect(wireToMinio.exchanges).toEqual([]);
    });
  });

  it('what it is redirected to in MinIO, although Rookery is killed before the end', async () => {
    const version = '3.3';
    await withDevice(inMinio(), async ({ server, operator, swupdate, wire, controllerId }) => {
      await operator.management.send('PATCH', '/tenant/settings', { delivery: 'redirect' });
      const bundle = await makeBundle(version);
      const { length: sizeBytes } = await readFile(bundle);
      const release = await operator.release(controllerId, [bundle]);
      toMinio.slowDownTo(BYTES_PER_SECOND);
      const since = toMinio.carriedBytes;
      const rollout = await operator.start(controllerId, release);
      await toMinio.waitForCarried(MIDDLE_BYTES, { since, timeoutMs: PATIENCE_MS });
      await server.kill9();
      expect(toMinio.carriedBytes - since).toBeLessThan(sizeBytes);
      toMinio.fullSpeed();
      await toMinio.waitForCarried(sizeBytes, { since, timeoutMs: PATIENCE_MS });
      expect(server.isRunning).toBe(false);
      await server.restart();
      await swupdate.waitForInstalled(PATIENCE_MS);
      await swupdate.reboot();
      expectConfirmed(await operator.record(controllerId, rollout), version);
      expect(wire.downloads[0]).toMatchObject({ status: 302 });
      expect(wireToMinio.exchanges[0]).toMatchObject({ method: 'GET', status: 200 });
      expect(toMinio.carriedBytes - since).toBeLessThan(1.5 * sizeBytes);
      expect(saidToMinio).toContain('X-Amz-Signature=');
      expect(saidToMinio).not.toContain(server.gatewayToken);
      expect(saidToMinio).not.toMatch(/^authorization:/im);
    });
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { Clock } from '../../src/platform/clock/clock';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import { sha256Of } from '../support/blob-store-contract';
import { eventually } from './support/eventually';
import { Management, type ReleaseView } from './support/management';
import { MinioServer } from './support/minio-server';
import { RookeryProcess } from './support/rookery-process';
import { ScriptedDevice } from './support/scripted-device';

jest.setTimeout(300_000);

const MIB = 1024 * 1024;

let minio: MinioServer;
let server: RookeryProcess;
let management: Management;
const prefix = `${randomUUID()}/`;

function settings(change: Record<string, string> = {}): Record<string, string> {
  return {
    ROOKERY_STORAGE: 's3',
    ROOKERY_S3_ENDPOINT: minio.endpoint,
    ROOKERY_S3_BUCKET: minio.bucket,
    ROOKERY_S3_PREFIX: prefix,
    ROOKERY_S3_ACCESS_KEY: minio.keys.accessKey,
    ROOKERY_S3_SECRET_KEY: minio.keys.secretKey,
    ...change,
  };
}

beforeAll(async () => {
  minio = await MinioServer.start();
  server = await RookeryProcess.start({ settings: settings() });
  management = new Management(server.url, server.token);
}, 1_500_000);
afterAll(async () => {
  await server.discard();
  await minio.discard();
});

function form(content: Buffer, version: string): FormData {
  const fields = new FormData();
  for (const [name, value] of Object.entries({ name: 'firmware', version, compatibility: '*' }))
    fields.append(name, value);
  fields.append('file', new Blob([content]), 'image.bin');
  return fields;
}

const contentOf = async (): Promise<string[]> =>
  (await minio.everything(prefix)).filter((name) => !name.endsWith('.probe'));

describe('a server whose artifacts lie in MinIO', () => {
  it('takes an upload, and a device gets it whole and by ranges', async () => {
    const content = randomBytes(20 * MIB);
    const release = await management.send<ReleaseView>('POST', '/releases', form(content, '1.0'));
    const sha256 = sha256Of(content);
    expect(await contentOf()).toEqual([expect.stringMatching(new RegExp(`blobs/\\d+/../${sha256}$`))]);
    await management.rollOut({ name: 'all', feed: 'default', releaseId: release.id });
    const { url: serverUrl, gatewayToken } = server;
    const device = new ScriptedDevice({ serverUrl, gatewayToken, controllerId: 'one' });
    await device.retrieveOffer();
    expect((await device.download()).body.equals(content)).toBe(true);
    const end = content.length;
    const part = await device.download({ range: `bytes=${8 * MIB - 5}-${8 * MIB + 5}` });
    expect(part).toMatchObject({ status: 206, body: content.subarray(8 * MIB - 5, 8 * MIB + 6) });
    expect((await device.download({ range: 'bytes=-7' })).body.equals(content.subarray(-7))).toBe(true);
    const several = await device.download({ range: `bytes=0-3,100-103,${end - 4}-` });
    expect(several.status).toBe(206);
    for (const [first, last] of [
      [0, 4],
      [100, 104],
      [end - 4, end],
    ] as const)
      expect(several.body.includes(content.subarray(first, last))).toBe(true);
    await device.report({ execution: 'closed', finished: 'success', message: 'done' });
  });

  it('keeps equal content once, and removes it with the last release', async () => {
    const before = await contentOf();
    const content = randomBytes(100_000);
    const releases: ReleaseView[] = [];
    for (const version of ['2.0', '2.1'])
      releases.push(await management.send<ReleaseView>('POST', '/releases', form(content, version)));
    expect(await contentOf()).toHaveLength(before.length + 1);
    await expect(management.send('POST', '/releases', form(randomBytes(1000), '2.0'))).rejects.toMatchObject({
      status: 409,
    });
    expect(await contentOf()).toHaveLength(before.length + 1);
    for (const { id } of releases) await management.send('DELETE', `/releases/${id}`);
    expect(await contentOf()).toEqual(before);
  });

  it('shows nothing of an upload during which it was killed, and what is left can be swept', async () => {
    const before = await contentOf();
    const releases = await management.releases();
    const content = randomBytes(48 * MIB);
    const upload = management
      .send('POST', '/releases', form(content, '3.0'))
      .catch((error: unknown) => error);
    await eventually(async () => expect((await contentOf()).length).toBeGreaterThan(before.length), {
      everyMs: 10,
    });
    await server.kill9();
    await upload;
    await server.restart();
    expect(await management.releases()).toEqual(releases);
    const store = new S3BlobStore(minio.options(prefix), new Clock());
    expect(await store.sweepStaging(-3_600_000)).toBeLessThanOrEqual(1);
    expect((await contentOf()).filter((name) => !name.includes('/blobs/'))).toEqual([]);
  });

  it('is not ready while MinIO is away, waits with a download, and serves it when MinIO is back', async () => {
    const [first] = await management.releases();
    const { fileName, sha256 } = first!.modules[0]!.artifacts[0]!;
    await minio.kill9();
    await eventually(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(503), {
      timeoutMs: 30_000,
    });
    const download = management.download(first!.id, fileName);
    await minio.launch();
    expect(sha256Of(await download)).toBe(sha256);
    await eventually(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(200));
    expect(server.output).toMatch(/Artifacts in S3: \S+ cannot be reached/);
    expect(server.output).toMatch(/The store works again/);
  });
});

describe('a server with wrong settings for S3', () => {
  it.each([
    ['a bucket that is not there', { ROOKERY_S3_BUCKET: 'nowhere' }, /has no bucket .{1,2}nowhere/],
    ['a wrong secret', { ROOKERY_S3_SECRET_KEY: 'this-is-not-it' }, /see ROOKERY_S3_SECRET_KEY/],
  ])('says at the start that there is %s, and is not ready', async (_, change, reason) => {
    const failing = await RookeryProcess.start({ settings: settings(change), readyStatus: 503 });
    try {
      const answer = (await (await fetch(`${failing.url}/readyz`)).json()) as object;
      expect(JSON.stringify(answer)).toMatch(/"storage":"not available/);
      await eventually(() => expect(failing.output).toMatch(reason));
      expect(failing.output).not.toContain('this-is-not-it');
      expect(failing.output).not.toContain(minio.keys.secretKey);
    } finally {
      await failing.discard();
    }
  });
});

import { Logger } from '@nestjs/common';
import { TenantSettingsService } from '../../src/modules/tenants/tenant-settings.service';
import {
  anUpdate,
  bytesOf,
  expectFileHeaders,
  statusesOf,
  FILE_SIZE,
  type Update,
} from '../support/an-update';
import { expectHawkbitError } from '../support/ddi-answer';
import type { DdiDevice } from '../support/ddi-device';
import { LinkedFiles, sha256Of } from '../support/linked-files';
import type { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { S3Server } from '../support/s3/s3-server';

const KEYS = { accessKey: 'rookery', secretKey: 'a-secret-of-the-test' };

/** Files that a tenant has its devices fetch from the store itself. */
describe('delivery by redirect', () => {
  let s3: S3Server;
  let links: LinkedFiles;
  let rookery: TestRookery;
  let fleet: Fleet;
  let settings: Record<string, string>;

  beforeAll(async () => {
    s3 = await S3Server.start(KEYS);
    settings = {
      ROOKERY_STORAGE: 's3',
      ROOKERY_S3_ENDPOINT: s3.endpoint,
      ROOKERY_S3_BUCKET: s3.bucket,
      ROOKERY_S3_ACCESS_KEY: KEYS.accessKey,
      ROOKERY_S3_SECRET_KEY: KEYS.secretKey,
      ROOKERY_LINK_EXPIRY: '1m',
    };
    links = await LinkedFiles.start(settings);
    ({ rookery, fleet } = links);
    await rookery.app.get(TenantSettingsService).change(fleet.actor, { delivery: 'redirect' });
  });
  afterAll(async () => {
    await links.close();
    await s3.close();
  });
  afterEach(() => jest.restoreAllMocks());

  const get = ({ device, path }: Pick<Update, 'device' | 'path'>, headers: object = {}): Promise<Response> =>
    device.request('GET', path, { headers });

  async function linkOf(update: Update): Promise<URL> {
    const answer = await get(update);
    expect([answer.status, await answer.text()]).toEqual([302, '']);
    return new URL(answer.headers.get('location') ?? '');
  }

  async function expectStreamed(update: Update, answer: Promise<Response>): Promise<void> {
    const response = await answer;
    expect(response.status).toBe(200);
    expectFileHeaders(response, update);
    expect((await bytesOf(response)).equals(update.content)).toBe(true);
  }

  it('sends the device to the bucket, where it needs no token and shows none', async () => {
    const update = await anUpdate(fleet);
    s3.seen.splice(0);
    const followed = await fetch(`${update.device.url}${update.path}`, {
      headers: { Authorization: `GatewayToken ${rookery.gatewayToken}` },
    });
    expect(new URL(followed.url).origin).toBe(s3.endpoint);
    expect((await bytesOf(followed)).equals(update.content)).toBe(true);
    expect(followed.headers.get('content-disposition')).toContain(`filename="${update.fileName}"`);
    const [seen] = s3.seen.filter(({ method }) => method === 'GET');
    expect(seen?.key).toContain(sha256Of(update.content));
    expect(seen?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(s3.seen.map(({ headers }) => headers))).not.toContain(rookery.gatewayToken);
  });

  it('is noted as the begin of the download, once per whole request and never for a part', async () => {
    const update = await anUpdate(fleet);
    expect((await get(update, { Range: 'bytes=5-9' })).status).toBe(302);
    expect(await statusesOf(fleet, update.actionId)).not.toContain('download');
    await linkOf(update);
    expect(await statusesOf(fleet, update.actionId)).toContain('download');
    expect(await fleet.stateOf(update.actionId)).toBe('downloading');
    expect(await fleet.actions.get(fleet.actor, update.actionId)).toMatchObject({ hasProof: true });
  });

  it('works for a range, which the store sends', async () => {
    const update = await anUpdate(fleet);
    const range = { Range: 'bytes=100-199' };
    const location = (await get(update, range)).headers.get('location') ?? '';
    const part = await fetch(location, { headers: range });
    expect(part.status).toBe(206);
    expect((await bytesOf(part)).equals(update.content.subarray(100, 200))).toBe(true);
  });

  describe('gives addresses', () => {
    it('that are good for as long as is set, and made anew for each request', async () => {
      const update = await anUpdate(fleet);
      const first = await linkOf(update);
      expect(first.searchParams.get('X-Amz-Expires')).toBe('60');
      let next = first;
      while (next.searchParams.get('X-Amz-Date') === first.searchParams.get('X-Amz-Date')) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        next = await linkOf(update);
      }
      expect(next.searchParams.get('X-Amz-Signature')).not.toBe(first.searchParams.get('X-Amz-Signature'));
    });

    it('that are refused afterwards', async () => {
      const link = await linkOf(await anUpdate(fleet));
      const later = Date.now() + 61_000;
      jest.spyOn(Date, 'now').mockReturnValue(later);
      expect((await fetch(link)).status).toBe(403);
      jest.restoreAllMocks();
      expect((await fetch(link)).status).toBe(200);
    });

    it.each([
      ['for longer', (link: URL) => link.searchParams.set('X-Amz-Expires', '604800')],
      ['by another signature', (link: URL) => link.searchParams.set('X-Amz-Signature', '0'.repeat(64))],
      ['by none', (link: URL) => link.searchParams.delete('X-Amz-Signature')],
      ['under another name', (link: URL) => link.searchParams.set('response-content-disposition', 'inline')],
    ])('that nobody can use %s', async (_what, tamper) => {
      const link = await linkOf(await anUpdate(fleet));
      tamper(link);
      expect((await fetch(link)).status).toBe(403);
    });

    it('to one file alone', async () => {
      const link = await linkOf(await anUpdate(fleet));
      const other = await linkOf(await anUpdate(fleet));
      link.pathname = other.pathname;
      expect((await fetch(link)).status).toBe(403);
    });
  });

  describe('is not tried', () => {
    it('for HEAD, which is answered here and leaves no trace', async () => {
      const update = await anUpdate(fleet);
      const head = await update.device.request('HEAD', update.path);
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(FILE_SIZE)]);
      expectFileHeaders(head, update);
      expect(await statusesOf(fleet, update.actionId)).not.toContain('download');
    });

    it('for what has no answer: another file than expected, parts beyond its end', async () => {
      const update = await anUpdate(fleet);
      expect((await get(update, { 'If-Match': '"other"' })).status).toBe(412);
      expect((await get(update, { Range: `bytes=${FILE_SIZE}-` })).status).toBe(416);
    });

    it('for conditions, since the store has other tags and dates', async () => {
      const update = await anUpdate(fleet);
      await expectStreamed(update, get(update, { 'If-Match': `"${update.sha1}"` }));
      await expectStreamed(update, get(update, { 'If-None-Match': '"other"' }));
      await expectStreamed(update, get(update, { 'If-Range': '"other"', Range: 'bytes=0-9' }));
      const resumed = await get(update, { 'If-Range': `"${update.sha1}"`, Range: 'bytes=10-' });
      expect(resumed.status).toBe(206);
      expect((await bytesOf(resumed)).equals(update.content.subarray(10))).toBe(true);
    });

    it('for several ranges, to which S3 answers with the whole file', async () => {
      const update = await anUpdate(fleet);
      const answer = await get(update, { Range: 'bytes=0-9,20-29' });
      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-type')).toMatch(/^multipart\/byteranges/);
      await bytesOf(answer);
    });

    it('for checksums, which are text of ours', async () => {
      const { device, path } = await anUpdate(fleet);
      expect((await device.request('GET', `${path}.MD5SUM`)).status).toBe(200);
    });

    it('with a client that cannot follow', async () => {
      const update = await anUpdate(fleet);
      await api('PATCH', `/devices/${update.device.controllerId}`, { client: 'zephyr' });
      await expectStreamed(update, get(update));
      await api('PATCH', `/devices/${update.device.controllerId}`, { client: 'swupdate' });
      await linkOf(update);
    });

    it('for parts with RAUC, which would go on asking the address of the first one after its end', async () => {
      const update = await anUpdate(fleet);
      await api('PATCH', `/devices/${update.device.controllerId}`, { client: 'rauc' });
      const part = await get(update, { Range: 'bytes=0-3' });
      expect(part.status).toBe(206);
      expect((await bytesOf(part)).equals(update.content.subarray(0, 4))).toBe(true);
      await linkOf(update);
    });

    it('for linked files, which the bucket does not have', async () => {
      const one = await links.aLink();
      const answer = await get(one);
      expect(answer.status).toBe(200);
      expect((await bytesOf(answer)).equals(one.content)).toBe(true);
    });

    it('for operators, who download through the management API', async () => {
      const { releaseId, fileName, content } = await anUpdate(fleet);
      const answer = await fetch(`${rookery.url}/api/v1/releases/${releaseId}/artifacts/${fileName}`, {
        headers: { Authorization: `Bearer ${rookery.token}` },
        redirect: 'manual',
      });
      expect(answer.status).toBe(200);
      expect((await bytesOf(answer)).equals(content)).toBe(true);
    });
  });

  it('410 when the bytes are gone from the bucket, and no download is noted', async () => {
    const update = await anUpdate(fleet);
    await fleet.store.remove('1', sha256Of(update.content));
    await expectHawkbitError(await get(update), 410, 'artifact.binaryDeleted');
    expect(await statusesOf(fleet, update.actionId)).not.toContain('download');
  });

  describe.each([
    ['whose address is also that of the bucket', (): string => s3.endpoint, /same address/],
    ['that devices reach by TLS, unlike the bucket', (): string => 'https://ota.example.com', /TLS/],
  ])('by a server %s', (_what, publicUrl, why) => {
    it('is not tried, and the log says so once', async () => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const more = { ...settings, ROOKERY_PUBLIC_URL: publicUrl() };
      const other = await startRookery({ replicaOf: rookery, settings: more });
      try {
        const update = await anUpdate(fleet);
        const there: DdiDevice = update.device.at(other.url);
        await expectStreamed(update, there.request('GET', update.path));
        await expectStreamed(update, there.request('GET', update.path));
        await linkOf(update);
      } finally {
        await other.close();
      }
      const told = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('streamed'));
      expect(told).toEqual([expect.stringMatching(why)]);
    });
  });

  it('answers without a body, and with what no cache may keep', async () => {
    const answer = await get(await anUpdate(fleet));
    expect([answer.headers.get('cache-control'), answer.headers.get('content-length')]).toEqual([
      'no-store',
      '0',
    ]);
  });

  async function api(method: string, path: string, body: object): Promise<void> {
    const answer = await fetch(`${rookery.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${rookery.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  }
});

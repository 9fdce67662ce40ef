import { TenantSettingsService } from '../../src/modules/tenants/tenant-settings.service';
import type { Delivery } from '../../src/modules/tenants/tenant-settings';
import { anUpdate, bytesOf, statusesOf, FILE_SIZE, type Update } from '../support/an-update';
import { expectHawkbitError } from '../support/ddi-answer';
import type { Fleet } from '../support/fleet';
import { LinkedFiles, sha256Of } from '../support/linked-files';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Files that a web server sends which stands in front; here the test stands in its place. */
describe('delivery by X-Accel-Redirect', () => {
  let links: LinkedFiles;
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    links = await LinkedFiles.start({ ROOKERY_TRUSTED_PROXIES: '127.0.0.1' });
    ({ rookery, fleet } = links);
    await deliverBy('accel');
  });
  afterAll(() => links.close());

  async function deliverBy(delivery: Delivery): Promise<void> {
    await rookery.app.get(TenantSettingsService).change(fleet.actor, { delivery });
  }

  const get = ({ device, path }: Pick<Update, 'device' | 'path'>, headers: object = {}): Promise<Response> =>
    device.request('GET', path, { headers });

  it('names the file below the prefix, and tells all about it but its length', async () => {
    const update = await anUpdate(fleet);
    const answer = await get(update);
    const sha256 = sha256Of(update.content);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const path = `/_rookery/blobs/1/${sha256.slice(0, 2)}/${sha256}`;
    expect(answer.headers.get('x-accel-redirect')).toBe(path);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      etag: `"${update.sha1}"`,
      'last-modified': update.lastModified,
      'content-disposition': `attachment;filename=${update.fileName}`,
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers.get('content-length')).toBeNull();
    expect(await fleet.stateOf(update.actionId)).toBe('downloading');
  });

  it.each(['bytes=0-9', 'bytes=0-9,20-29'])(
    'leaves %s to the web server, and notes nothing',
    async (range) => {
      const update = await anUpdate(fleet);
      const answer = await get(update, { Range: range });
      expect([answer.status, answer.headers.get('content-range')]).toEqual([200, null]);
      expect(answer.headers.get('x-accel-redirect')).not.toBeNull();
      expect(await statusesOf(fleet, update.actionId)).not.toContain('download');
    },
  );

  it('judges itself what has no answer, and conditions, and HEAD', async () => {
    const update = await anUpdate(fleet);
    const { device, path } = update;
    expect((await get(update, { 'If-Match': '"other"' })).status).toBe(412);
    expect((await get(update, { Range: `bytes=${FILE_SIZE}-` })).status).toBe(416);
    const head = await device.request('HEAD', path);
    expect([head.headers.get('content-length'), head.headers.get('x-accel-redirect')]).toEqual([
      String(FILE_SIZE),
      null,
    ]);
    const matching = await get(update, { 'If-Match': `"${update.sha1}"` });
    expect((await bytesOf(matching)).equals(update.content)).toBe(true);
  });

  it('is not tried for linked files, which are not on the disk', async () => {
    const one = await links.aLink();
    expect((await bytesOf(await get(one))).equals(one.content)).toBe(true);
  });

  it('410 when the bytes are gone', async () => {
    const update = await anUpdate(fleet);
    await fleet.store.remove('1', sha256Of(update.content));
    await expectHawkbitError(await get(update), 410, 'artifact.binaryDeleted');
  });

  it('goes to a trusted proxy alone: anybody else gets the bytes', async () => {
    const update = await anUpdate(fleet);
    const other = await startRookery({
      replicaOf: rookery,
      settings: { ROOKERY_TRUSTED_PROXIES: '192.0.2.1' },
    });
    try {
      const answer = await update.device.at(other.url).request('GET', update.path, {
        headers: { 'X-Forwarded-For': '192.0.2.1' },
      });
      expect(answer.headers.get('x-accel-redirect')).toBeNull();
      expect((await bytesOf(answer)).equals(update.content)).toBe(true);
    } finally {
      await other.close();
    }
  });

  it('begins with the prefix that is set', async () => {
    const update = await anUpdate(fleet);
    const more = { ROOKERY_TRUSTED_PROXIES: '127.0.0.1', ROOKERY_ACCEL_PREFIX: '/files/' };
    const other = await startRookery({ replicaOf: rookery, settings: more });
    try {
      const answer = await update.device.at(other.url).request('GET', update.path);
      expect(answer.headers.get('x-accel-redirect')).toMatch(/^\/files\/blobs\/1\//);
    } finally {
      await other.close();
    }
  });

  describe('set to redirect, with a disk that gives no addresses away', () => {
    beforeAll(() => deliverBy('redirect'));
    afterAll(() => deliverBy('accel'));

    it('streams', async () => {
      const update = await anUpdate(fleet);
      expect((await bytesOf(await get(update))).equals(update.content)).toBe(true);
    });
  });
});

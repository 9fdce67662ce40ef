import { createHash } from 'node:crypto';
import { TenantSettingsService } from '../../src/modules/tenants/tenant-settings.service';
import {
  FILE_SIZE,
  aCancel,
  anOffer,
  anUpdate,
  bytesOf,
  expectFileHeaders,
  statusesOf,
  type Update,
} from '../support/an-update';
import { expectBare, expectHawkbitError } from '../support/ddi-answer';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('downloads over DDI', () => {
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  /** Another device of the same kind that has no action. */
  async function unassigned({ device }: Update): Promise<DdiDevice> {
    const other = fleet.device(`${device.controllerId}-other`);
    await other.poll();
    return other;
  }

  const ranged = (device: DdiDevice, path: string, range: string): Promise<Response> =>
    device.request('GET', path, { headers: { Range: range } });

  describe('what cannot be had', () => {
    it('A1: unknown files, checksums and modules are 404', async () => {
      const { device, path, moduleId, fileName } = await anUpdate(fleet);
      for (const unknown of [
        `/softwaremodules/${moduleId}/artifacts/other.bin`,
        `/softwaremodules/${moduleId}/artifacts/other.bin.MD5SUM`,
        `/softwaremodules/999999/artifacts/${fileName}`,
        `/softwaremodules/999999/artifacts/${fileName}.MD5SUM`,
        '/softwaremodules/999999/artifacts',
        '/softwaremodules/abc/artifacts',
        `/softwaremodules/${'9'.repeat(30)}/artifacts`,
      ]) {
        await expectHawkbitError(await device.request('GET', unknown), 404, 'repo.entityNotFound');
      }
      expect((await device.request('GET', path)).status).toBe(200);
    });

    it('A1: If-Match lets the right sha1 through, bare or quoted, alone or in a list, and the star', async () => {
      const { device, path, sha1 } = await anUpdate(fleet);
      for (const value of [sha1, `"${sha1}"`, `other, ${sha1}`, `"other","${sha1}"`, '*'])
        expect((await device.request('GET', path, { headers: { 'If-Match': value } })).status).toBe(200);
    });

    it('A1: a wrong If-Match is 412 without a body, and no download', async () => {
      const { device, path, sha1, actionId } = await anUpdate(fleet);
      for (const value of ['fsjkhgjfdhg', `W/"${sha1}"`, sha1.toUpperCase()])
        for (const method of ['GET', 'HEAD']) {
          await expectBare(await device.request(method, path, { headers: { 'If-Match': value } }), 412);
        }
      expect(await statusesOf(fleet, actionId)).not.toContain('download');
    });

    it('A1: a checksum has no ETag, so If-Match says nothing about it', async () => {
      const { device, path } = await anUpdate(fleet);
      for (const headers of [{}, { 'If-Match': 'fsjkhgjfdhg' }]) {
        const answer = await device.request('GET', `${path}.MD5SUM`, { headers });
        expect([answer.status, answer.headers.get('etag')]).toEqual([200, null]);
      }
    });

    it.each([
      'bytes=1-10,hdsfjksdh',
      'bytes=100-10',
      'bytes=0-10***,9-15,16-',
      'items=0-1',
      'bytes=0-9,9-12',
    ])('A1, U2: the range %s is 416 and sends no byte', async (range) => {
      const one = await anUpdate(fleet);
      const answer = await ranged(one.device, one.path, range);
      expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${FILE_SIZE}`]);
      expect(await answer.text()).toBe('');
      expect(answer.headers.get('content-type')).toBe('application/octet-stream');
      expectFileHeaders(answer, one);
    });

    it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('A1: %s is 405 without a body', async (method) => {
      const { device, path, list } = await anUpdate(fleet);
      for (const known of [path, `${path}.MD5SUM`, list])
        await expectBare(await device.request(method, known), 405);
    });
  });

  describe('who may fetch what', () => {
    it('A2: a file is 404 before there is an action, and then sent whole and noted', async () => {
      const one = await anUpdate(fleet);
      const other = await unassigned(one);
      expect((await other.request('GET', one.path)).status).toBe(404);
      await other.configData({ board: one.model });
      const actionId = (await other.offered()) ?? '';
      const answer = await other.request('GET', one.path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
      expect(answer.headers.get('content-length')).toBe(String(FILE_SIZE));
      expect(answer.headers.get('content-range')).toBeNull();
      expectFileHeaders(answer, one);
      expect((await bytesOf(answer)).equals(one.content)).toBe(true);
      expect(await statusesOf(fleet, actionId)).toContain('download');
      expect(await fleet.stateOf(actionId)).toBe('downloading');
    });

    it('A3: a list is there for an open action and for what is installed, until another set is', async () => {
      const one = await anUpdate(fleet);
      const status = async (device: DdiDevice): Promise<number> =>
        (await device.request('GET', one.list)).status;
      expect(await status(await unassigned(one))).toBe(404);
      expect(await status(one.device)).toBe(200);
      await one.device.feedback(one.actionId, 'proceeding');
      await one.device.feedback(one.actionId, 'closed', 'success');
      expect(await status(one.device)).toBe(200);
      expect((await one.device.request('GET', one.path)).status).toBe(404);
      const second = await fleet.release('3.0', { name: `${one.model}-b`, compatibility: `${one.model}:*` });
      await fleet.fleet.change(fleet.actor, one.device.controllerId, { force: second });
      await one.device.offered();
      expect(await status(one.device)).toBe(200);
      await one.device.update();
      expect(await status(one.device)).toBe(404);
    });

    it('a list is gone while its action is being cancelled', async () => {
      const { device, path, list } = await aCancel(fleet);
      for (const gone of [path, `${path}.MD5SUM`, list])
        expect((await device.request('GET', gone)).status).toBe(404);
    });

    it('A4, A6, A8: a tenant that does not guard its artifacts gives them to all its devices', async () => {
      const one = await anUpdate(fleet);
      const other = await unassigned(one);
      const settings = rookery.app.get(TenantSettingsService);
      const paths = [one.list, one.path, `${one.path}.MD5SUM`];
      const answers = (): Promise<number[]> =>
        Promise.all(paths.map(async (path) => (await other.request('GET', path)).status));
      expect(await answers()).toEqual([404, 404, 404]);
      await settings.change(fleet.actor, { guardsArtifacts: false });
      try {
        expect(await answers()).toEqual([200, 200, 200]);
        expect((await ranged(other, one.path, 'bytes=0-99')).status).toBe(206);
        expect((await other.request('GET', '/softwaremodules/999999/artifacts/x')).status).toBe(404);
      } finally {
        await settings.change(fleet.actor, { guardsArtifacts: true });
      }
      expect(await answers()).toEqual([404, 404, 404]);
      expect(await statusesOf(fleet, one.actionId)).not.toContain('download');
    });

    it('A5: with a range or without, 404 unless assigned', async () => {
      const one = await anUpdate(fleet);
      const other = await unassigned(one);
      expect((await other.request('GET', one.path)).status).toBe(404);
      expect((await ranged(other, one.path, 'bytes=0-99')).status).toBe(404);
      expect((await one.device.request('GET', one.path)).status).toBe(200);
      const part = await ranged(one.device, one.path, 'bytes=0-99');
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 0-99/${FILE_SIZE}`]);
      expect(part.headers.get('content-type')).toBe('application/octet-stream');
      expectFileHeaders(part, one);
      expect((await bytesOf(part)).equals(one.content.subarray(0, 100))).toBe(true);
    });

    it('A7: a checksum is md5, two spaces, the name; 404 unless assigned; logged, but no download', async () => {
      const one = await anUpdate(fleet);
      const other = await unassigned(one);
      expect((await other.request('GET', `${one.path}.MD5SUM`)).status).toBe(404);
      const answer = await one.device.request('GET', `${one.path}.MD5SUM`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain']);
      expect(answer.headers.get('content-disposition')).toBe(`attachment;filename=${one.fileName}.MD5SUM`);
      const md5 = createHash('md5').update(one.content).digest('hex');
      expect(await answer.text()).toBe(`${md5}  ${one.fileName}`);
      expect((await statusesOf(fleet, one.actionId)).filter((status) => status === 'download')).toHaveLength(
        1,
      );
      expect(await fleet.stateOf(one.actionId)).toBe('retrieved');
    });

    it('HEAD tells of a file and its checksum, and leaves no trace', async () => {
      const one = await anUpdate(fleet);
      const before = await statusesOf(fleet, one.actionId);
      const head = await one.device.request('HEAD', one.path);
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(FILE_SIZE)]);
      expectFileHeaders(head, one);
      const md5 = await one.device.request('HEAD', `${one.path}.MD5SUM`);
      expect([md5.status, md5.headers.get('content-length')]).toEqual([
        200,
        String(34 + one.fileName.length),
      ]);
      expect(await statusesOf(fleet, one.actionId)).toEqual(before);
    });

    it('HEAD knows no ranges: they are for GET alone', async () => {
      const one = await anUpdate(fleet);
      for (const range of ['bytes=0-9', 'bytes=0-9,10-19', 'bytes=nonsense']) {
        const head = await one.device.request('HEAD', one.path, { headers: { Range: range } });
        expect([head.status, head.headers.get('content-length')]).toEqual([200, String(FILE_SIZE)]);
        expect(head.headers.get('content-range')).toBeNull();
      }
    });
  });

  describe('E2', () => {
    it('D3, I9: lists every file of a module as the deployment does, also when the action is closed', async () => {
      const one = await anOffer(fleet);
      await addFiles(one, ['b.bin', 'c.bin']);
      const deployment = (await (await one.device.deployment(one.actionId)).json()) as {
        deployment: { chunks: { artifacts: object[] }[] };
      };
      const told = deployment.deployment.chunks[0]?.artifacts;
      const list = async (): Promise<unknown> => (await one.device.request('GET', one.list)).json();
      expect(await list()).toEqual(told);
      expect(told?.map((artifact) => (artifact as { filename: string }).filename).sort()).toEqual(
        ['b.bin', 'c.bin', one.fileName].sort(),
      );
      expect(told?.[0]).toMatchObject({ size: FILE_SIZE, hashes: { sha1: one.sha1 } });
      await one.device.feedback(one.actionId, 'proceeding');
      await one.device.feedback(one.actionId, 'closed', 'success');
      expect(await list()).toEqual(told);
    });

    it('D2: is 404 for a module that is not there', async () => {
      const { device } = await anUpdate(fleet);
      expect((await device.request('GET', '/softwaremodules/4711/artifacts')).status).toBe(404);
    });
  });

  it('410 with hawkBit\u2019s body when the bytes are gone, and no download is noted', async () => {
    const { device, path, content, actionId } = await anUpdate(fleet);
    await fleet.store.remove('1', createHash('sha256').update(content).digest('hex'));
    for (const headers of [{}, { Range: 'bytes=0-9' }, { Range: 'bytes=0-9,20-29' }])
      await expectHawkbitError(await device.request('GET', path, { headers }), 410, 'artifact.binaryDeleted');
    expect((await device.request('HEAD', path)).status).toBe(410);
    expect(await statusesOf(fleet, actionId)).not.toContain('download');
  });

  /** Today's releases have one file per module; the contract allows more. */
  async function addFiles({ moduleId }: Update, names: string[]): Promise<void> {
    for (const name of names)
      await rookery.database.query(
        `INSERT INTO artifact (tenant_id, module_id, file_name, blob_id)
         SELECT tenant_id, module_id, $2, blob_id FROM artifact WHERE tenant_id = 1 AND module_id = $1 LIMIT 1`,
        [moduleId, name],
      );
  }
});

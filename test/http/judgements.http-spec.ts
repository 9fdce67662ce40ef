import { generateKeyPairSync, sign } from 'node:crypto';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import request from 'supertest';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { fixture } from '../support/signed';

jest.setTimeout(60_000);

const RAUC_ROOT = fixture('pki', 'rauc-ca.cert.pem').toString();
const { privateKey } = generateKeyPairSync('ed25519');

let rookery: TestRookery;
let other: Client;
beforeAll(async () => {
  rookery = await startRookery();
  other = new Client({ connectionString: rookery.databaseUrl });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await rookery.close();
});

const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
const trust = (pem: string) => api().post('/trust-anchors').send({ name: 'anchor', pem }).expect(201);

function upload(name: string, bytes: Buffer, fields: Record<string, string> = {}): request.Test {
  const sent = api().post('/releases').attach('file', bytes, name);
  for (const [field, value] of Object.entries({ compatibility: name, ...fields }))
    void sent.field(field, value);
  return sent;
}

const signatureOf = (answer: request.Response) => answer.body.modules[0].artifacts[0].signature;

/** Lets `asked` go on, which waits for the plan, once the anchor is gone. */
async function withoutAnchor(id: string, asked: () => request.Test): Promise<request.Response> {
  await other.query('BEGIN');
  await other.query('SELECT pg_advisory_xact_lock(1, 1)');
  const answer = asked().then((response) => response);
  for (let waiting = 0; waiting === 0;) {
    const { rows } = await other.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_locks
        WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    waiting = rows[0]?.waiting ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await other.query('DELETE FROM trust_anchor WHERE tenant_id = 1 AND id = $1', [id]);
  await other.query('COMMIT');
  return answer;
}

describe('an anchor that is removed', () => {
  it('while an upload is judged by it vouches for it no longer, nor while it is judged anew', async () => {
    const bytes = fixture('raucb', 'plain-1.0.raucb');
    const first = await trust(RAUC_ROOT);
    const fields = { version: '1.1' };
    const uploaded = await withoutAnchor(first.body.id, () => upload('a.raucb', bytes, fields));
    expect([uploaded.status, signatureOf(uploaded)]).toEqual([
      201,
      expect.objectContaining({ kind: 'untrusted', reason: expect.stringContaining('removed') }),
    ]);
    const second = await trust(RAUC_ROOT);
    const again = `/releases/${uploaded.body.id}/judge`;
    const judged = await withoutAnchor(second.body.id, () => api().post(again));
    expect([judged.status, signatureOf(judged)]).toEqual([
      200,
      expect.objectContaining({ kind: 'untrusted' }),
    ]);
  });
});

describe('the same files once more', () => {
  it('with another signature beside them, or with none, are no repetition', async () => {
    const bytes = Buffer.from('sent twice');
    const fields = { version: '2.0', name: 'twice' };
    const signature = sign(null, bytes, privateKey).toString('base64');
    await upload('a.bin', bytes, { ...fields, signature }).expect(201);
    await upload('a.bin', bytes, { ...fields, signature }).expect(200);
    const changed = sign(null, Buffer.from('other'), privateKey).toString('base64');
    for (const another of [{ signature: changed }, {}])
      expect((await upload('a.bin', bytes, { ...fields, ...another }).expect(409)).body.code).toBe(
        'release_exists',
      );
    await upload('b.bin', bytes, { version: '2.1', name: 'bare' }).expect(201);
    await upload('b.bin', bytes, { version: '2.1', name: 'bare', signature }).expect(409);
  });

  it('under another name may have the version of the others: devices run the same bytes', async () => {
    const bytes = Buffer.from('the very bytes');
    await upload('one.bin', bytes, { version: '2.2', compatibility: 'board', name: 'one' }).expect(201);
    await upload('two.bin', bytes, { version: '2.2', compatibility: 'board', name: 'two' }).expect(201);
    const fields = { version: '2.2', compatibility: 'board', name: 'three' };
    await upload('one.bin', Buffer.from('others'), fields).expect(409);
  });
});

describe('a release whose bytes are damaged on the disk', () => {
  it('is not judged by what is there now', async () => {
    const bytes = Buffer.from('whole on the disk');
    const { body } = await upload('c.bin', bytes, { version: '4.0' }).expect(201);
    const { sha256 } = body.modules[0].artifacts[0] as { sha256: string };
    const folder = join(rookery.dataDir, 'artifacts');
    const names = await readdir(folder, { recursive: true });
    const path = names.find((name) => name.endsWith(sha256)) ?? '';
    await chmod(join(folder, path), 0o600);
    await writeFile(join(folder, path), 'other on the disk');
    const answer = await api().post(`/releases/${body.id}/judge`).expect(409);
    expect(answer.body.code).toBe('bytes_damaged');
  });
});

describe('a release with a broken signature', () => {
  it('is assigned to no device, and forced on none', async () => {
    const bytes = fixture('raucb', 'plain-1.0.raucb');
    bytes[100_000] = bytes.readUInt8(100_000) ^ 1;
    const { body } = await upload('d.raucb', bytes, { version: '5.0' }).expect(201);
    expect(signatureOf({ body } as request.Response).kind).toBe('broken');
    await api().post('/devices').send({ controllerId: 'unsound-1' }).expect(201);
    for (const change of [{ assignedReleaseId: body.id }, { force: body.id }]) {
      const answer = await api().patch('/devices/unsound-1').send(change).expect(409);
      expect(answer.body).toMatchObject({
        code: 'unsound_release',
        detail: expect.stringContaining('broken'),
      });
    }
  });
});

describe('a release that was stored before its format was known', () => {
  it('is not judged, and why is said', async () => {
    const { body } = await upload('a.img', Buffer.from('no bundle of RAUC'), { version: '3.0' }).expect(201);
    await other.query("UPDATE artifact SET file_name = 'a.raucb' WHERE id = $1", [
      body.modules[0].artifacts[0].id,
    ]);
    const answer = await api().post(`/releases/${body.id}/judge`).expect(422);
    expect(answer.body).toMatchObject({
      code: 'bad_bundle',
      detail: expect.stringMatching(/^a\.raucb: .{30,}/),
    });
  });
});

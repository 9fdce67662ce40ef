import { generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { anEspImage } from '../support/an-esp-image';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { fixture } from '../support/signed';

jest.setTimeout(60_000);

const RAUC_ROOT = fixture('pki', 'rauc-ca.cert.pem').toString();
const SWU_SIGNER = fixture('pki', 'swu-sign.cert.pem').toString();
const FIXTURES = join(__dirname, '../fixtures');

let rookery: TestRookery;
let fleet: Fleet;
beforeAll(async () => {
  rookery = await startRookery();
  fleet = new Fleet(rookery);
});
afterAll(() => rookery.close());
afterEach(async () => {
  await settle({ signatures: { demand: 'none', expiry: 'now', opaque: 'allow' }, compatiblePattern: null });
  await rookery.database.execute('DELETE FROM trust_anchor WHERE tenant_id = 1');
  await api().get('/trust-anchors');
});

const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
const settle = (change: object) => api().patch('/tenant/settings').send(change).expect(200);
const trust = (name: string, pem: string) => api().post('/trust-anchors').send({ name, pem }).expect(201);
let count = 0;

/** Under a version of its own, so that no release is in the way of another. */
function upload(name: string, bytes: Buffer, fields: Record<string, string> = {}): request.Test {
  count += 1;
  const sent = api().post('/releases').attach('file', bytes, name);
  for (const [field, value] of Object.entries({ version: `3.0.${count}`, ...fields }))
    void sent.field(field, value);
  return sent;
}

const signatureOf = (answer: request.Response) => answer.body.modules[0].artifacts[0].signature;

describe('bundles of every format', () => {
  const namesIn = (folder: string): string[] =>
    readdirSync(join(FIXTURES, folder)).filter((name) => /\.(swu|raucb)$/.test(name));

  it.each([
    ...namesIn('swu').map((name) => ['swu', name]),
    ...namesIn('raucb').map((name) => ['raucb', name]),
  ])('%s/%s is taken, or refused in clear words', async (folder, name) => {
    const { status, body } = await upload(name, fixture(folder, name), { compatibility: `of-${name}` });
    if (!name.startsWith('bad-')) {
      expect([status, body.modules?.[0]?.format]).toEqual([201, folder]);
      return;
    }
    expect([status, body.code]).toEqual([422, 'bad_bundle']);
    expect(body.detail).toMatch(new RegExp(`^${name}: .{30,}`));
  });

  it('tell version and hardware by themselves', async () => {
    const rauc = await api()
      .post('/releases')
      .attach('file', fixture('raucb', 'verity-1.0.raucb'), 'a.raucb')
      .expect(201);
    expect(rauc.body).toMatchObject({
      version: '1.0',
      hardware: [{ model: 'my-board-rev4.2', revision: '*' }],
    });
    const esp = await api().post('/releases').attach('file', anEspImage(), 'app.bin').expect(201);
    expect(esp.body).toMatchObject({
      ...{ name: 'blinky', version: '1.2.3', hardware: [{ model: 'esp32s3', revision: '*' }] },
      modules: [{ format: 'esp-image', type: 'application' }],
    });
  });

  it('have the compatible taken apart as the tenant says', async () => {
    const bad = await api().patch('/tenant/settings').send({ compatiblePattern: '(.*)' }).expect(400);
    expect(bad.body.errors).toEqual({ compatiblePattern: expect.stringContaining('no group named "model"') });
    await settle({ compatiblePattern: '(?P<model>.+)-(?P<revision>rev[0-9.]+)' });
    const { body } = await upload('b.raucb', fixture('raucb', 'plain-1.0.raucb')).expect(201);
    expect(body.hardware).toEqual([{ model: 'my-board', revision: 'rev4.2' }]);
  });

  it('are needed where the tenant takes nothing else', async () => {
    await settle({ signatures: { opaque: 'refuse' } });
    const { body } = await upload('app.py', Buffer.from('print(1)'), { compatibility: '*' }).expect(422);
    expect(body).toMatchObject({ code: 'opaque_file', detail: expect.stringContaining('app.py') });
    await upload('c.raucb', fixture('raucb', 'plain-1.0.raucb')).expect(201);
  });
});

describe('a version', () => {
  it('is taken where another release has it for some of the same hardware and other bytes', async () => {
    const fields = (compatibility: string, name: string) => ({ version: '7.7', compatibility, name });
    const first = await upload('one.py', Buffer.from('1'), fields('board-a:1, board-b:*', 'one')).expect(201);
    const { body } = await upload('two.py', Buffer.from('2'), fields('board-b:rev2', 'two')).expect(409);
    expect(body).toMatchObject({ code: 'ambiguous_version', detail: expect.stringContaining(first.body.id) });
    expect(body.detail).toContain('"one"');
    const same = { ...fields('board-b:*', 'padded'), version: '7.7.0+b3' };
    await upload('two.py', Buffer.from('2'), same).expect(409);
    await upload('two.py', Buffer.from('2'), fields('board-a:2, board-c', 'two')).expect(201);
    await upload('one.py', Buffer.from('1'), fields('board-b:rev2', 'the same bytes')).expect(201);
  });
});

describe('a signature', () => {
  it('of a bundle is judged by the trust anchors of the tenant', async () => {
    const swu = await upload('d.swu', fixture('swu', 'basic-1.0.swu')).expect(201);
    expect(signatureOf(swu)).toMatchObject({ kind: 'untrusted', reason: expect.any(String) });
    await trust('swu', SWU_SIGNER);
    await trust('rauc', RAUC_ROOT);
    for (const [folder, name] of [
      ['swu', 'basic-1.0.swu'],
      ['raucb', 'plain-1.0.raucb'],
      ['raucb', 'verity-1.0.raucb'],
    ] as const) {
      const answer = await upload(name, fixture(folder, name), { compatibility: 'signed' }).expect(201);
      expect(signatureOf(answer)).toMatchObject({ kind: 'signed', signers: [{ kind: 'certificate' }] });
    }
    const unsigned = await upload('e.swu', fixture('swu', 'unsigned.swu')).expect(201);
    expect(signatureOf(unsigned)).toEqual({ kind: 'unsigned', signers: [] });
    const stranger = await upload('f.raucb', fixture('raucb', 'untrusted.raucb')).expect(201);
    expect(signatureOf(stranger)).toMatchObject({ kind: 'untrusted' });
    expect(stranger.body.warnings).toContainEqual(
      expect.stringContaining('No trust anchor vouches for its signature'),
    );
  });

  it('that is broken is offered to nobody, whatever the tenant demands', async () => {
    const bytes = fixture('raucb', 'plain-1.0.raucb');
    // In the image, not in the tables or the manifest.
    bytes[100_000] = bytes.readUInt8(100_000) ^ 1;
    const { body } = await upload('g.raucb', bytes).expect(201);
    expect(signatureOf({ body } as request.Response)).toMatchObject({
      kind: 'broken',
      reason: expect.any(String),
    });
    const refused = await rolledOut(body.id).expect(409);
    expect(refused.body).toMatchObject({
      code: 'unsound_release',
      detail: expect.stringContaining('broken'),
    });
  });

  it('of a stranger is refused before any device sees it, where the tenant demands better', async () => {
    await trust('rauc', RAUC_ROOT);
    await settle({ signatures: { demand: 'trusted' } });
    const { body } = await upload('h.raucb', fixture('raucb', 'untrusted.raucb')).expect(201);
    const refused = await rolledOut(body.id).expect(409);
    expect(refused.body.detail).toMatch(/h\.raucb: Its signature is not trusted: .*signatures\.demand/);
    const assigned = api()
      .post('/assignments')
      .send({ release: body.id, devices: ['nobody'] });
    expect((await assigned.expect(409)).body).toMatchObject({ code: 'unsound_release' });
  });

  it('that is not enough any more keeps an offer back, and explain says why', async () => {
    const device = await fleet.registered('signed-1', { board: 'signed-board' });
    const { body } = await upload('i.raucb', fixture('raucb', 'untrusted.raucb'), {
      compatibility: 'signed-board',
    });
    const rollout = await rolledOut(body.id).expect(201);
    await api().post(`/rollouts/${rollout.body.id}/start`).expect(200);
    await settle({ signatures: { demand: 'trusted' } });
    expect(await device.offered()).toBeUndefined();
    const { decision, trace } = (await api().get('/devices/signed-1/explain').expect(200)).body;
    expect(decision).toMatchObject({ kind: 'nothing', reason: 'untrusted-release' });
    expect(JSON.stringify(trace)).toContain('only what one of its trust anchors vouches for');
    await settle({ signatures: { demand: 'none' } });
    expect(await device.offered()).toBeDefined();
    await api().post(`/rollouts/${rollout.body.id}/abort`).expect(200);
  });

  it('is judged anew when the tenant believes somebody else now', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const bytes = Buffer.from('signed beside');
    const beside = { compatibility: 'anew', signature: sign(null, bytes, privateKey).toString('base64') };
    const ids = [
      (await upload('anew.raucb', fixture('raucb', 'plain-1.0.raucb'), { compatibility: 'anew' })).body.id,
      (await upload('anew.bin', bytes, beside)).body.id,
    ];
    await trust('rauc', RAUC_ROOT);
    await trust('key', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    for (const id of ids) {
      expect(signatureOf(await api().get(`/releases/${id}`)).kind).toBe('untrusted');
      expect(signatureOf(await api().post(`/releases/${id}/judge`).expect(200)).kind).toBe('signed');
      expect(signatureOf(await api().get(`/releases/${id}`)).kind).toBe('signed');
    }
    await api().post('/releases/999999/judge').expect(404);
  });

  it('counts no longer once its anchor was removed, for offers as for people', async () => {
    await settle({ signatures: { demand: 'trusted' } });
    const { id: anchor } = (await trust('rauc', RAUC_ROOT)).body;
    const device = await fleet.registered('revoked-1', { board: 'revoked-board' });
    const { body } = await upload('r.raucb', fixture('raucb', 'plain-1.0.raucb'), {
      compatibility: 'revoked-board',
    });
    const rollout = await rolledOut(body.id).expect(201);
    await api().post(`/rollouts/${rollout.body.id}/start`).expect(200);
    expect(await device.offered()).toBeDefined();
    await api().delete(`/trust-anchors/${anchor}`).expect(204);
    expect(await device.offered()).toBeUndefined();
    const shown = signatureOf(await api().get(`/releases/${body.id}`));
    expect(shown).toMatchObject({ kind: 'untrusted', reason: expect.stringContaining('was removed') });
    await api().post(`/rollouts/${rollout.body.id}/pause`).expect(200);
    await api().post(`/rollouts/${rollout.body.id}/resume`).expect(409);
    await api().post(`/rollouts/${rollout.body.id}/abort`).expect(200);
  });

  it('beside a file is judged by keys, as cosign makes it', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await trust('cosign', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const bytes = Buffer.from('firmware of some kind');
    const signature = sign('sha256', bytes, privateKey).toString('base64');
    const opaque = { compatibility: 'k' };
    const good = await upload('k.bin', bytes, { ...opaque, signature }).expect(201);
    expect(signatureOf(good)).toMatchObject({ kind: 'signed', signers: [{ kind: 'key' }] });
    const other = await upload('l.bin', Buffer.from('other bytes'), { ...opaque, signature }).expect(201);
    expect(signatureOf(other).kind).not.toBe('signed');
    const noise = await upload('m.bin', bytes, { ...opaque, signature: 'no signature' }).expect(201);
    expect(signatureOf(noise)).toMatchObject({ kind: 'broken' });
  });

  it('has to say which file it is over, where there are several', async () => {
    const sent = (): request.Test =>
      upload('n.bin', Buffer.from('n'), { compatibility: 'n' }).attach('file', Buffer.from('o'), 'o.bin');
    const vague = await sent().field('signature', 'AAAA').expect(400);
    expect(vague.body.errors).toEqual({ signature: expect.stringContaining('signature[<file name>]') });
    const wrong = await sent().field('signature[p.bin]', 'AAAA').expect(400);
    expect(wrong.body.errors).toEqual({ 'signature[p.bin]': 'names no file of the form' });
    const twice = { compatibility: 'n', signature: 'AAAA', 'signature[q.bin]': 'BBBB' };
    const two = await upload('q.bin', Buffer.from('q'), twice).expect(400);
    expect(Object.values(two.body.errors as object)).toEqual(['is given more than once for q.bin']);
  });
});

function rolledOut(releaseId: string): request.Test {
  count += 1;
  return api()
    .post('/rollouts')
    .send({ name: `rollout ${count}`, feed: 'default', releaseId });
}

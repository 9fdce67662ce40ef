import { createPublicKey } from 'node:crypto';
import request from 'supertest';
import { TrustService } from '../../src/modules/trust/trust.service';
import { MAX_TRUST_ANCHORS } from '../../src/modules/trust/trust-anchor';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { fixture, signedFile, swuMembers } from '../support/signed';

const ROOT = signedFile('root.cert.pem').toString();
const KEY = createPublicKey(signedFile('p256.key.pem')).export({ type: 'spki', format: 'pem' }).toString();

describe('trust anchors', () => {
  let rookery: TestRookery;

  beforeAll(async () => {
    rookery = await startRookery();
  });
  afterAll(async () => rookery.close());
  afterEach(async () => {
    await rookery.database.execute('DELETE FROM trust_anchor WHERE tenant_id = 1');
    await change({ demand: 'none', expiry: 'now', opaque: 'allow' });
  });

  const api = (token = rookery.token) =>
    request.agent(`${rookery.url}/api/v1`).auth(token, { type: 'bearer' });
  const post = (body: object) => api().post('/trust-anchors').send(body);
  const change = async (signatures: object): Promise<request.Response> =>
    api().patch('/tenant/settings').send({ signatures }).expect(200);

  it('are added, listed, shown and removed', async () => {
    const { body } = await post({ name: 'releases', pem: ROOT }).expect(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^\d+$/),
      name: 'releases',
      kind: 'certificate',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      algorithm: 'ec',
      purpose: 'emailProtection',
      subject: 'CN=Release Root, O=Test',
      notBefore: '2001-01-01T00:00:00.000Z',
      notAfter: '2125-01-01T00:00:00.000Z',
      pem: ROOT,
      createdAt: expect.any(String),
      createdBy: expect.stringMatching(/^\w+:/),
    });
    const key = (await post({ name: 'cosign', pem: KEY, purpose: 'codeSigning' }).expect(201)).body;
    expect(key).toMatchObject({ kind: 'key', purpose: 'any', pem: KEY });
    expect(key.subject).toBeUndefined();
    expect((await api().get('/trust-anchors').expect(200)).body).toEqual({ items: [body, key] });
    expect((await api().get(`/trust-anchors/${key.id}`).expect(200)).body).toEqual(key);
    await api().delete(`/trust-anchors/${body.id}`).expect(204);
    expect((await api().get('/trust-anchors')).body).toEqual({ items: [key] });
    await api().delete(`/trust-anchors/${body.id}`).expect(404);
    const missing = (await api().get(`/trust-anchors/${body.id}`).expect(404)).body;
    expect(missing.code).toBe('trust_anchor_not_found');
  });

  it('are there once, whatever they are called', async () => {
    await post({ name: 'releases', pem: ROOT }).expect(201);
    const { body } = await post({ name: 'again', pem: `text before\n${ROOT}`, purpose: 'any' }).expect(409);
    expect(body).toMatchObject({ code: 'trust_anchor_exists', detail: expect.stringContaining('releases') });
  });

  it('are limited in number, also when two are added at once', async () => {
    await rookery.database.execute(
      `INSERT INTO trust_anchor (tenant_id, name, kind, pem, fingerprint, algorithm, purpose, created_by)
       SELECT 1, 'n', 'key', 'spoilt', lpad(n::text, 64, '0'), 'ec', 'any', 'x' FROM generate_series(2, $1::int) AS n`,
      [MAX_TRUST_ANCHORS],
    );
    const answers = await Promise.all([post({ name: 'a', pem: ROOT }), post({ name: 'b', pem: KEY })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 429]);
    expect(answers.find(({ status }) => status === 429)?.body.code).toBe('too_many_trust_anchors');
  });

  it.each([
    ['a private key', signedFile('p256.key.pem').toString(), /^holds a private key, which was not kept/],
    ['a chain', ROOT + signedFile('middle.cert.pem').toString(), /^must be one certificate or public key/],
    ['an expired one', signedFile('old-root.cert.pem').toString(), /^has expired at 2011-/],
    ['a text', 'hello', /^must be one certificate or public key in PEM, and holds none$/],
  ])('are not %s', async (_what, pem, why) => {
    const { body, text } = await post({ name: 'x', pem }).expect(422);
    expect(body).toMatchObject({ code: 'invalid_field', errors: { pem: expect.stringMatching(why) } });
    expect(text).not.toContain(pem.split('\n')[1] ?? 'hello');
    expect((await api().get('/trust-anchors')).body).toEqual({ items: [] });
    const events = await rookery.database.query<{ text: string }>(
      `SELECT e::text AS text FROM event e WHERE tenant_id = 1 AND e::text LIKE '%trust-anchor.added%' AND e::text LIKE '%PRIVATE%'`,
    );
    expect(events).toEqual([]);
  });

  it('may be expired where the tenant takes signatures of expired certificates', async () => {
    await change({ expiry: 'ignore' });
    await post({ name: 'old', pem: signedFile('old-root.cert.pem').toString() }).expect(201);
  });

  it('are a text of at most 16 KiB with a name and a known purpose', async () => {
    const { body } = await post({ name: '', purpose: 'tls' }).expect(400);
    expect(body.errors).toEqual({
      name: 'must have 1 to 100 characters',
      pem: 'is missing',
      purpose: 'must be one of emailProtection, codeSigning, any',
    });
    await post({ name: 'x', pem: 'x'.repeat(16_385) }).expect(400);
    await post({ name: 'x', pem: 7 }).expect(400);
  });

  it('leave a record', async () => {
    const { body } = await post({ name: 'releases', pem: ROOT }).expect(201);
    await api().delete(`/trust-anchors/${body.id}`).expect(204);
    const audit = await api().get(`/audit?subject=trust-anchor:${body.id}`).expect(200);
    const { name, subject, fingerprint } = body;
    expect(audit.body.items).toMatchObject([
      { kind: 'trust-anchor.removed', detail: { name, fingerprint } },
      { kind: 'trust-anchor.added', detail: { name, subject, fingerprint, purpose: 'emailProtection' } },
    ]);
    expect(JSON.stringify(audit.body)).not.toContain('BEGIN');
  });

  it('are shown to all, and changed by administrators', async () => {
    const { body } = await api().post('/tokens').send({ name: 'o', role: 'operator' }).expect(201);
    const operator = api(body.token);
    await operator.get('/trust-anchors').expect(200);
    await operator.post('/trust-anchors').send({}).expect(403);
    await operator.delete('/trust-anchors/1').expect(403);
  });

  it('decide what is believed of a bundle, of their own tenant only', async () => {
    const members = swuMembers(fixture('swu', 'basic-1.0.swu'));
    const bundle = {
      description: members.get('sw-description') ?? Buffer.alloc(0),
      signature: members.get('sw-description.sig'),
      isEncrypted: false,
    };
    const trust = rookery.app.get(TrustService);
    const kindIn = async (tenantId: string): Promise<string> =>
      (await (await trust.trustOf(tenantId)).ofDescription(bundle)).kind;
    expect(await kindIn('1')).toBe('untrusted');
    await post({ name: 'swu', pem: fixture('pki', 'swu-sign.cert.pem').toString() }).expect(201);
    expect(await kindIn('1')).toBe('signed');
    expect(await kindIn('2')).toBe('untrusted');
  });

  it('come with demands that the tenant settles', async () => {
    const { body } = await change({ demand: 'trusted' });
    expect(body.signatures).toEqual({ demand: 'trusted', expiry: 'now', opaque: 'allow' });
    const after = (await change({ expiry: 'signing-time', opaque: 'refuse' })).body;
    expect(after.signatures).toEqual({ demand: 'trusted', expiry: 'signing-time', opaque: 'refuse' });
    const audit = await api().get('/audit?subject=tenant').expect(200);
    expect(audit.body.items[0].detail).toEqual({
      'signatures.expiry': 'signing-time',
      'signatures.opaque': 'refuse',
    });
    const refused = await api()
      .patch('/tenant/settings')
      .send({ signatures: { demand: 'maybe' } });
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual({ 'signatures.demand': 'must be one of none, trusted' });
  });
});

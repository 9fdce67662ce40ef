import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
beforeAll(async () => {
  rookery = await startRookery({ settings: { ROOKERY_SCRUB_RATE: '0' } });
});
afterAll(() => rookery.close());

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
const api = () => request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });

/** For hardware of its own, so that no release is in the way of another. */
const detailsOf = (files: Record<string, string>, { name }: Record<string, string>) => ({
  version: '1',
  compatibility: `for-${name ?? Object.keys(files)[0]}`,
});

/** A release of text files, by name; `fields` beside version and compatibility. */
function send(files: Record<string, string>, fields: Record<string, string> = {}): request.Test {
  const form = api().post('/api/v1/releases');
  for (const [name, text] of Object.entries(files)) void form.attach('file', Buffer.from(text), name);
  for (const [name, value] of Object.entries({ ...detailsOf(files, fields), ...fields }))
    void form.field(name, value);
  return form;
}

async function filesOnDisk(): Promise<string[]> {
  const entries = await readdir(join(rookery.dataDir, 'artifacts'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('a declared sha256', () => {
  it('that is right, in either case of its letters, changes nothing', async () => {
    await send({ 'right.bin': 'right' }, { sha256: sha256Of('right').toUpperCase() }).expect(201);
  });

  it('that is wrong is refused with both digests, and nothing stays behind', async () => {
    const before = await filesOnDisk();
    const answer = await send({ 'wrong.bin': 'sent' }, { sha256: sha256Of('meant') }).expect(422);
    expect(answer.body).toMatchObject({ code: 'digest_mismatch', errors: { sha256: expect.any(String) } });
    expect(answer.body.detail).toContain(sha256Of('meant'));
    expect(answer.body.detail).toContain(sha256Of('sent'));
    expect(await filesOnDisk()).toEqual(before);
    await send({ 'wrong.bin': 'meant' }, { sha256: sha256Of('meant') }).expect(201);
  });

  it('names its file where there are several', async () => {
    const files = { 'a.bin': 'a', 'b.bin': 'b' };
    const bare = await send(files, { name: 'two', sha256: sha256Of('a') }).expect(400);
    expect(bare.body.errors).toEqual({
      sha256: 'does not say which file: write sha256[<file name>]',
    });
    const swapped = { 'sha256[a.bin]': sha256Of('b'), 'sha256[b.bin]': sha256Of('b') };
    const wrong = await send(files, { name: 'two', ...swapped }).expect(422);
    expect(Object.keys(wrong.body.errors as object)).toEqual(['sha256[a.bin]']);
    const right = { 'sha256[a.bin]': sha256Of('a'), 'sha256[b.bin]': sha256Of('b') };
    await send(files, { name: 'two', ...right }).expect(201);
  });

  it.each([
    ['of a file that is not there', { 'sha256[c.bin]': sha256Of('c') }],
    ['that is none', { sha256: 'abc' }],
  ])('%s is refused by name', async (_what, fields) => {
    const answer = await send({ 'a.bin': 'a' }, { name: 'three', ...fields }).expect(400);
    expect(Object.keys(answer.body.errors as object)).toEqual(Object.keys(fields));
  });
});

describe('the same upload once more', () => {
  const fields = { name: 'again', notes: 'as told' };

  it('is answered 200 with the release that is there, and stores nothing', async () => {
    const first = await send({ 'again.bin': 'again' }, fields).expect(201);
    const before = await filesOnDisk();
    const second = await send({ 'again.bin': 'again' }, fields).expect(200);
    expect(second.body).toEqual(first.body);
    expect(second.headers['location']).toBe(first.headers['location']);
    expect(await filesOnDisk()).toEqual(before);
  });

  it.each([
    ['other content', { 'again.bin': 'other' }, fields],
    ['another file name', { 'other.bin': 'again' }, fields],
    ['other notes', { 'again.bin': 'again' }, { ...fields, notes: 'otherwise' }],
    ['other hardware', { 'again.bin': 'again' }, { ...fields, compatibility: 'board:1' }],
    ['another step', { 'again.bin': 'again' }, { ...fields, requiredStep: 'true' }],
    [
      'other modules',
      { 'again.bin': 'again' },
      { ...fields, modules: '[{"type":"os","files":["again.bin"]}]' },
    ],
  ])('but with %s is refused', async (_what, files: Record<string, string>, changed) => {
    const answer = await send(files, changed).expect(409);
    expect(answer.body).toMatchObject({ code: 'release_exists' });
  });

  it('makes one release, however many come at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => send({ 'race.bin': 'race' }, { name: 'race' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id as string)).size).toBe(1);
    const [one] = answers;
    const path = `/api/v1/releases/${one!.body.id}/artifacts/race.bin`;
    expect(String((await api().get(path).buffer(true).expect(200)).body)).toBe('race');
  });

  it('with metadata and several files is known again', async () => {
    const modules = JSON.stringify([
      { files: ['b.bin', 'a.bin'], metadata: [{ key: 'z', value: 'v', visible: true }], encrypted: true },
    ]);
    const whole = { name: 'metadata', compatibility: 'b:2, a:1.*', modules };
    await send({ 'a.bin': 'a', 'b.bin': 'b' }, whole).expect(201);
    await send({ 'a.bin': 'a', 'b.bin': 'b' }, whole).expect(200);
  });

  it('is refused when nobody may get that release any more', async () => {
    const { body } = await send({ 'invalid.bin': 'invalid' }, { name: 'invalid' }).expect(201);
    await api().post(`/api/v1/releases/${body.id}/invalidate`).send({ cancel: 'none' }).expect(200);
    await send({ 'invalid.bin': 'invalid' }, { name: 'invalid' }).expect(409);
  });

  it('brings lost bytes back, also before the scrubber has found out', async () => {
    const made = await send({ 'lost.bin': 'lost' }, { name: 'lost' }).expect(201);
    const sha256 = sha256Of('lost');
    await rm(join(rookery.dataDir, 'artifacts', 'blobs', '1', sha256.slice(0, 2), sha256));
    await send({ 'lost.bin': 'lost' }, { name: 'lost' }).expect(200);
    await api().get(`/api/v1/releases/${made.body.id}/artifacts/lost.bin`).expect(200);
  });

  it('brings damaged bytes back', async () => {
    const made = await send({ 'heal.bin': 'heal' }, { name: 'heal' }).expect(201);
    const sha256 = sha256Of('heal');
    await rm(join(rookery.dataDir, 'artifacts', 'blobs', '1', sha256.slice(0, 2), sha256));
    await rookery.database.query(
      `UPDATE blob SET fault = 'missing', fault_at = now() WHERE tenant_id = 1 AND sha256 = $1`,
      [sha256],
    );
    const again = await send({ 'heal.bin': 'heal' }, { name: 'heal' }).expect(200);
    expect(again.body).toEqual(made.body);
    await api().get(`/api/v1/releases/${made.body.id}/artifacts/heal.bin`).expect(200);
  });
});

import { RolloutDesk } from '../support/rollout-desk';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let desk: RolloutDesk;
beforeAll(async () => {
  rookery = await startRookery();
  desk = new RolloutDesk(rookery);
});
afterAll(() => rookery.close());
afterEach(() => policy({ requiresApproval: false, demandsPreview: false }));

const policy = async (rollouts: object): Promise<void> => {
  await desk.api.patch('/tenant/settings').send({ rollouts }).expect(200);
};

describe('start', () => {
  it('waits for its time', async () => {
    const { id } = await desk.draft({ startAt: '2100-01-01T00:00:00Z' });
    const { body } = await desk.tell(id, 'start').expect(200);
    expect(body).toMatchObject({ state: 'scheduled', startedBy: 'token:first-start' });
    expect(body).not.toHaveProperty('startedAt');
    expect((await desk.tell(id, 'start').expect(200)).body).toEqual(body);
    await desk.api.patch(`/rollouts/${id}`).send({ startAt: '2100-02-01T00:00:00Z' }).expect(200);
    await desk.tell(id, 'close').expect(200);
  });

  it('is at once when its time has come', async () => {
    const { id } = await desk.draft({ startAt: '2020-01-01T00:00:00Z' });
    expect((await desk.tell(id, 'start').expect(200)).body.state).toBe('running');
  });

  it('wants waves that can open, the last one aside', async () => {
    const feed = await desk.feed();
    const devices = [await desk.device(feed), await desk.device(feed)];
    const controllerIds = devices.map(({ controllerId }) => controllerId);
    const waves = (sample: number, more: object = {}) => [
      { members: { controllerIds }, gate: { sample, ...more } },
      { percentage: 100, gate: { sample: 1000 } },
    ];
    const { id } = await desk.draft({ feed, waves: waves(3) });
    const refused = await desk.tell(id, 'start').expect(422);
    expect(refused.body.errors).toEqual({
      'waves[0].gate.sample': expect.stringContaining('is 3, but only 2 devices belong to the wave now'),
    });
    await desk.api
      .patch(`/rollouts/${id}`)
      .send({ waves: waves(3, { manual: true }) })
      .expect(200);
    await desk.tell(id, 'start').expect(200);
    const exact = await desk.draft({ feed, waves: waves(2) });
    await desk.tell(exact.id, 'start').expect(200);
  });

  it('wants windows as long as its release has turned out to take', async () => {
    const { id, releaseId } = await desk.draft({ windows: [{ from: '12:00', to: '12:30' }] });
    await desk.rookery.database.query('UPDATE release SET p90_ms = 3600000 WHERE tenant_id = 1 AND id = $1', [
      releaseId,
    ]);
    const refused = await desk.tell(id, 'start').expect(422);
    expect(refused.body.errors).toEqual({ 'windows[0]': expect.stringContaining('need 60 min') });
    await desk.api
      .patch(`/rollouts/${id}`)
      .send({ windows: [{ from: '12:00', to: '13:00' }] })
      .expect(200);
    await desk.tell(id, 'start').expect(200);
  });

  it('counts only devices that the wave means: of the feed, its hardware, and none of the waves before', async () => {
    const feed = await desk.feed();
    const devices = [await desk.device(feed), await desk.device(feed), await desk.device(feed)];
    const [one, two] = devices.map(({ controllerId }) => controllerId);
    await desk.api
      .patch(`/devices/${two}`)
      .send({ tags: ['early'], hardware: { model: 'other' } })
      .expect(200);
    const start = async (wave: object): Promise<number> => {
      const waves = [{ members: { controllerIds: [one] }, gate: { sample: 1 } }, wave, { percentage: 100 }];
      const { id } = await desk.draft({ feed, waves });
      return (await desk.tell(id, 'start')).status;
    };
    expect(await start({ members: { tags: ['early'] }, gate: { sample: 1 } })).toBe(422);
    expect(await start({ percentage: 99.99, gate: { sample: 1 } })).toBe(200);
    expect(await start({ percentage: 99.99, gate: { sample: 2 } })).toBe(422);
    expect(await start({ members: { filter: 'tag!=early' }, gate: { sample: 1 } })).toBe(200);
  });

  it('is refused for a release that was withdrawn since, and taken when it is reinstated', async () => {
    const { id, releaseId } = await desk.draft();
    const release = (verb: string) => desk.api.post(`/releases/${releaseId}/${verb}`);
    expect((await release('withdraw').expect(200)).body).toMatchObject({
      isWithdrawn: true,
      withdrawnBy: 'token:first-start',
    });
    await release('withdraw').expect(200);
    expect((await desk.tell(id, 'start').expect(409)).body.errors).toEqual({ releaseId: 'it was withdrawn' });
    expect((await desk.asked({ releaseId })).status).toBe(422);
    expect((await release('reinstate').expect(200)).body).not.toHaveProperty('withdrawnBy');
    await desk.tell(id, 'start').expect(200);
    await release('invalidate').send({ cancel: 'none' }).expect(200);
    expect((await release('reinstate').expect(409)).body.code).toBe('invalid_release');
  });
});

describe('a preview', () => {
  it('tells who would get it, and its hash starts it', async () => {
    const made = await desk.draft();
    await desk.device(made.feed);
    const { body } = await desk.tell(made.id, 'preview').expect(200);
    expect(body).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{32}-[0-9a-f]{32}-[0-9a-f]{32}$/),
      devices: 1,
      groups: [{ decision: 'offer', wave: 1, devices: 1 }],
      supersedes: [],
    });
    await desk.device(made.feed);
    await desk.tell(made.id, 'start', { previewHash: body.hash }).expect(200);
  });

  it('holds no longer when the rollout was changed or another one stepped in', async () => {
    const { id, feed } = await desk.draft();
    const hash = async (): Promise<string> =>
      (await desk.tell(id, 'preview').expect(200)).body.hash as string;
    const start = (previewHash: string) => desk.tell(id, 'start', { previewHash });
    const first = await hash();
    await desk.api.patch(`/rollouts/${id}`).send({ priority: 1 }).expect(200);
    const stale = await start(first).expect(409);
    expect(stale.body).toMatchObject({
      code: 'stale_preview',
      errors: { previewHash: 'The rollout was changed since the preview' },
    });
    const second = await hash();
    const other = await desk.running({ feed });
    expect((await start(second).expect(409)).body.errors.previewHash).toContain('superseded');
    expect((await desk.tell(id, 'preview').expect(200)).body.supersedes).toEqual([other.id]);
    expect((await start('nonsense').expect(409)).body.errors.previewHash).toContain('No preview');
    await start(await hash()).expect(200);
  });

  it('may be demanded', async () => {
    await policy({ demandsPreview: true });
    const { id } = await desk.draft();
    expect((await desk.tell(id, 'start').expect(409)).body.code).toBe('preview_demanded');
    const { hash } = (await desk.tell(id, 'preview').expect(200)).body;
    await desk.tell(id, 'start', { previewHash: hash }).expect(200);
  });

  it('is for viewers, and of rollouts that are there', async () => {
    const { id } = await desk.draft();
    const viewer = await desk.as('viewer');
    await viewer.post(`/rollouts/${id}/preview`).expect(200);
    await viewer.post(`/rollouts/${id}/start`).expect(403);
    await viewer.post('/rollouts/4711/preview').expect(404);
  });
});

describe('approval', () => {
  beforeEach(() => policy({ requiresApproval: true }));

  it('is given by somebody else than who made it', async () => {
    const { id } = await desk.draft();
    expect((await desk.tell(id, 'start').expect(200)).body.state).toBe('awaiting-approval');
    for (const verb of ['approve', 'deny'])
      expect((await desk.tell(id, verb).expect(403)).body.code).toBe('own_rollout');
    const other = await desk.as('operator');
    const { body } = await other.post(`/rollouts/${id}/approve`).expect(200);
    expect(body).toMatchObject({ state: 'running', approvedBy: expect.stringMatching(/^token:/) });
    expect((await other.post(`/rollouts/${id}/approve`).expect(200)).body).toEqual(body);
    expect(await desk.audit(id)).toEqual(['rollout.created', 'rollout.start', 'rollout.approve']);
  });

  it('is not given by who changed it', async () => {
    const { id } = await desk.draft();
    const other = await desk.as('operator');
    await other.patch(`/rollouts/${id}`).send({ priority: 7 }).expect(200);
    await desk.tell(id, 'start').expect(200);
    await other.post(`/rollouts/${id}/approve`).expect(403);
  });

  it('may be denied: it is a draft again, and can be changed and started anew', async () => {
    const { id } = await desk.draft();
    await desk.tell(id, 'start').expect(200);
    expect((await desk.api.patch(`/rollouts/${id}`).send({ priority: 1 }).expect(409)).body.code).toBe(
      'rollout_state',
    );
    const other = await desk.as('operator');
    const denied = (await other.post(`/rollouts/${id}/deny`).expect(200)).body;
    expect(denied.state).toBe('draft');
    expect(denied).not.toHaveProperty('startedBy');
    await other.post(`/rollouts/${id}/deny`).expect(200);
    await desk.api.patch(`/rollouts/${id}`).send({ priority: 1 }).expect(200);
    await desk.tell(id, 'start').expect(200);
  });

  it('does not come before its time', async () => {
    const { id } = await desk.draft({ startAt: '2100-01-01T00:00:00Z' });
    await desk.tell(id, 'start').expect(200);
    const other = await desk.as('operator');
    expect((await other.post(`/rollouts/${id}/approve`).expect(200)).body.state).toBe('scheduled');
  });

  it('is nothing that a rollout waits for that was never started', async () => {
    const { id } = await desk.draft();
    const other = await desk.as('operator');
    await other.post(`/rollouts/${id}/approve`).expect(409);
  });
});

import type request from 'supertest';
import { RolloutDesk, type Made } from '../support/rollout-desk';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Changes of started rollouts where the tenant demands approval (ADR 21). */
describe('a change that goes beyond what was approved', () => {
  let rookery: TestRookery;
  let desk: RolloutDesk;
  let other: Awaited<ReturnType<RolloutDesk['as']>>;

  beforeAll(async () => {
    rookery = await startRookery();
    desk = new RolloutDesk(rookery);
    other = await desk.as('operator');
    await demandApproval(true);
  });
  afterAll(() => rookery.close());

  async function demandApproval(requiresApproval: boolean): Promise<void> {
    await desk.api.patch('/tenant/settings').send({ rollouts: { requiresApproval } }).expect(200);
  }

  const WAVES = [{ percentage: 10, gate: { manual: true } }, { percentage: 20 }];
  const WIDER = { waves: [{ percentage: 10 }, { percentage: 100 }] };

  async function approved(wish: object = {}): Promise<Made> {
    const { id } = await desk.draft({ waves: WAVES, inFlightCap: 5, ...wish });
    await desk.tell(id, 'start').expect(200);
    return (await other.post(`/rollouts/${id}/approve`).expect(200)).body as Made;
  }

  const change = (id: string, body: object) => desk.api.patch(`/rollouts/${id}`).send(body);
  /** Somebody else approves what is proposed now. */
  async function approves(id: string): Promise<request.Response> {
    const { revision } = await desk.get(id);
    return other.post(`/rollouts/${id}/approve`).set('if-match', `"${revision}"`);
  }
  async function done(id: string): Promise<Made> {
    const { status, body } = await approves(id);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('proposal');
    return body as Made;
  }
  const percentages = ({ waves }: Made): number[] => waves.map(({ percentage }) => percentage);

  it('waits for somebody else, and the rollout goes on as it was approved', async () => {
    const { id, revision } = await approved();
    const { body } = await change(id, WIDER).expect(202);
    expect(body).toMatchObject({ state: 'running', revision: revision + 1, inFlightCap: 5 });
    expect(percentages(body as Made)).toEqual([10, 20]);
    expect(body.proposal).toEqual({
      change: WIDER,
      by: 'token:first-start',
      at: expect.stringMatching(/^\d{4}-/) as string,
    });
    expect((await desk.tell(id, 'approve').expect(403)).body).toMatchObject({
      code: 'own_rollout',
      detail: `You proposed this change of rollout ${id}: somebody else has to approve it.`,
    });
    const after = await done(id);
    expect(percentages(after)).toEqual([10, 100]);
    expect(after['approvedBy']).toMatch(/^token:thing-/);
    expect((await other.post(`/rollouts/${id}/approve`).expect(200)).body).toEqual(after);
    expect((await desk.audit(id)).slice(3)).toEqual(['rollout.proposed', 'rollout.approve']);
  });

  it('is decided on in whatever state it is', async () => {
    const { id } = await approved();
    await desk.tell(id, 'pause').expect(200);
    await change(id, { inFlightCap: null }).expect(202);
    const after = await done(id);
    expect(after.state).toBe('paused');
    expect(after).not.toHaveProperty('inFlightCap');
    await other.post(`/rollouts/${id}/approve`).expect(200);
  });

  it('can be denied, also by who proposed it', async () => {
    const { id } = await approved();
    for (const one of [desk.api, other]) {
      await change(id, WIDER).expect(202);
      const { body } = await one.post(`/rollouts/${id}/deny`).expect(200);
      expect(body).not.toHaveProperty('proposal');
      expect([body.state, percentages(body as Made)]).toEqual(['running', [10, 20]]);
      await one.post(`/rollouts/${id}/deny`).expect(409);
    }
  });

  it('takes the place of the one before, and whoever approves has to say which one he has read', async () => {
    const { id } = await approved();
    const read = (await change(id, { inFlightCap: 6 }).expect(202)).body as Made;
    await change(id, { inFlightCap: 1000 }).expect(202);
    const approve = () => other.post(`/rollouts/${id}/approve`);
    await approve().set('if-match', `"${read.revision}"`).expect(412);
    const { body } = await approve().expect(428);
    expect(body).toMatchObject({
      code: 'unread',
      detail: `Rollout ${id} has a proposal, which may have changed. Send what you read: its ETag as If-Match.`,
    });
    expect(await done(id)).toMatchObject({ inFlightCap: 1000 });
  });

  it('leaves narrower ones to be done at once, and is done upon them', async () => {
    const { id } = await approved();
    await change(id, WIDER).expect(202);
    expect((await change(id, { inFlightCap: 2 }).expect(200)).body).toMatchObject({ inFlightCap: 2 });
    const after = await done(id);
    expect([after['inFlightCap'], percentages(after)]).toEqual([2, [10, 100]]);
  });

  it('keeps instants and windows', async () => {
    const startAt = '2100-02-01T00:00:00.000Z';
    const { id } = await approved({ startAt, windows: [{ from: '01:00', to: '05:00' }] });
    await change(id, { inFlightCap: 4 }).expect(200);
    await change(id, { windows: [{ from: '01:00', to: '05:00' }] }).expect(200);
    const earlier = { startAt: '2100-01-01T00:00:00.000Z', windows: [{ from: '00:00', to: '05:00' }] };
    await change(id, earlier).expect(202);
    expect(await done(id)).toMatchObject({ ...earlier, state: 'scheduled' });
  });

  it('is refused at once where it makes no sense, and nothing waits', async () => {
    const { id } = await approved();
    await change(id, { ...WIDER, releaseId: await desk.release() }).expect(422);
    expect(await desk.get(id)).not.toHaveProperty('proposal');
  });

  it('that cannot be done any more is refused when it is approved, and still waits', async () => {
    const { id } = await approved();
    const name = desk.aName();
    await change(id, { ...WIDER, name }).expect(202);
    await desk.draft({ name });
    const { status, body } = await approves(id);
    expect([status, body.code]).toEqual([409, 'rollout_exists']);
    const left = await desk.get(id);
    expect([percentages(left), 'proposal' in left]).toEqual([[10, 20], true]);
  });

  it.each(['abort', 'close'])('is forgotten with the end: %s', async (verb) => {
    const { id } = await approved();
    await change(id, WIDER).expect(202);
    expect((await desk.tell(id, verb).expect(200)).body).not.toHaveProperty('proposal');
    await other.post(`/rollouts/${id}/approve`).expect(409);
  });

  it('is done at once where nobody demands approval', async () => {
    const { id } = await approved();
    await demandApproval(false);
    expect(percentages((await change(id, WIDER).expect(200)).body as Made)).toEqual([10, 100]);
    await demandApproval(true);
  });
});

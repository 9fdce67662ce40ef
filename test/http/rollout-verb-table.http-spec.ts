import type request from 'supertest';
import { GatedRollout } from '../support/gated-rollout';
import { RolloutDesk, type Made } from '../support/rollout-desk';
import { startRookery, type TestRookery } from '../support/rookery-app';

jest.setTimeout(60_000);

type Row = Readonly<Record<string, string>>;

/** By verb: from which state to which. From all others it is refused. */
const TABLE: Readonly<Record<string, Row>> = {
  start: {
    draft: 'running',
    scheduled: 'scheduled',
    'awaiting-approval': 'awaiting-approval',
    running: 'running',
  },
  approve: {
    ...{ 'awaiting-approval': 'running', scheduled: 'scheduled', running: 'running' },
    ...{ paused: 'paused', finished: 'finished' },
  },
  deny: { 'awaiting-approval': 'draft', draft: 'draft' },
  pause: { running: 'paused', finished: 'paused', paused: 'paused' },
  resume: { paused: 'running', running: 'running', finished: 'finished' },
  advance: { running: 'finished', finished: 'finished' },
  'retry-failed': { running: 'running', paused: 'paused', finished: 'finished' },
  abort: {
    ...{ draft: 'aborted', scheduled: 'aborted', 'awaiting-approval': 'aborted', running: 'aborted' },
    ...{ paused: 'aborted', finished: 'aborted', aborted: 'aborted' },
  },
  close: {
    ...{ draft: 'closed', scheduled: 'closed', 'awaiting-approval': 'closed', running: 'closed' },
    ...{ paused: 'closed', finished: 'closed', closed: 'closed' },
  },
};
const STATES = [
  'draft',
  'scheduled',
  'awaiting-approval',
  'running',
  'paused',
  'finished',
  'aborted',
  'closed',
];
const CELLS = Object.keys(TABLE).flatMap((verb) => STATES.map((state) => [verb, state] as const));

describe('a verb', () => {
  let rookery: TestRookery;
  let two: TestRookery;
  let desk: RolloutDesk;
  let other: Awaited<ReturnType<RolloutDesk['as']>>;
  let feed: string;
  let releaseId: string;

  beforeAll(async () => {
    rookery = await startRookery();
    two = await startRookery({ replicaOf: rookery });
    desk = new RolloutDesk(rookery);
    other = await desk.as('operator');
    feed = await desk.feed();
    releaseId = await desk.release();
  });
  afterAll(async () => {
    await two.close();
    await rookery.close();
  });

  const WAYS: Readonly<Record<string, readonly string[]>> = {
    draft: [],
    scheduled: ['start'],
    'awaiting-approval': ['start'],
    running: ['start'],
    paused: ['start', 'pause'],
    finished: ['start', 'advance'],
    aborted: ['start', 'abort'],
    closed: ['start', 'close'],
  };

  /** A rollout that came to this state by what operators say. */
  async function rolloutIn(state: string): Promise<Made> {
    const wish = state === 'scheduled' ? { startAt: '2100-01-01T00:00:00Z' } : {};
    const { id } = await desk.draft({ feed, releaseId, ...wish });
    await demandApproval(state === 'awaiting-approval');
    for (const verb of WAYS[state] ?? []) await desk.tell(id, verb).expect(200);
    if (state === 'awaiting-approval') await demandApproval(false);
    const made = await desk.get(id);
    expect(made.state).toBe(state);
    return made;
  }

  async function demandApproval(requiresApproval: boolean): Promise<void> {
    await desk.api.patch('/tenant/settings').send({ rollouts: { requiresApproval } }).expect(200);
  }

  const say = (id: string, verb: string): request.Test => other.post(`/rollouts/${id}/${verb}`).send({});

  it.each(CELLS)('%s of a rollout that is %s', async (verb, state) => {
    const made = await rolloutIn(state);
    const before = await desk.audit(made.id);
    const to = TABLE[verb]?.[state];
    const first = await say(made.id, verb);
    const once = await desk.get(made.id);
    if (to === undefined) {
      expect([first.status, first.body.code]).toEqual([409, 'rollout_state']);
      expect(first.body.detail).toContain(`Rollout ${made.id} is ${state}`);
      expect([once, await desk.audit(made.id)]).toEqual([made, before]);
      return;
    }
    expect([first.status, first.body.state, once.state]).toEqual([200, to, to]);
    expect(await desk.audit(made.id)).toEqual(to === state ? before : [...before, `rollout.${verb}`]);
    expect(once.revision).toBe(to === state ? made.revision : made.revision + 1);
    const second = await say(made.id, verb);
    const etag = first.headers['etag'];
    expect([second.status, second.body.state, second.headers['etag']]).toEqual([200, to, etag]);
    expect(await desk.audit(made.id)).toHaveLength(before.length + (to === state ? 0 : 1));
  });

  it.each(['start', 'pause', 'advance', 'abort', 'close'])(
    'that eight operators say at once on two replicas is done once: %s',
    async (verb) => {
      const { id } = await rolloutIn(verb === 'start' ? 'draft' : 'running');
      const answers = await Promise.all(
        [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
          new RolloutDesk(n % 2 === 0 ? rookery : two).tell(id, verb).then(({ status }) => status),
        ),
      );
      expect(answers).toEqual(new Array(8).fill(200));
      expect((await desk.audit(id)).filter((kind) => kind === `rollout.${verb}`)).toHaveLength(1);
    },
  );

  it('that rests on what was read is obeyed for one of two who read the same', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id, revision } = await rolloutIn('awaiting-approval');
      const ifRead = (verb: string): Promise<number> =>
        say(id, verb)
          .set('if-match', `"${revision}"`)
          .then(({ status }) => status);
      const [approved, aborted] = await Promise.all([ifRead('approve'), ifRead('abort')]);
      expect([approved, aborted].sort()).toEqual([200, 412]);
      expect((await desk.get(id)).state).toBe(approved === 200 ? 'running' : 'aborted');
    }
  });

  it('of two who race, abort holds whether it comes before the approval or after', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await rolloutIn('awaiting-approval');
      const [approved, aborted] = await Promise.all([
        say(id, 'approve'),
        new RolloutDesk(two).tell(id, 'abort'),
      ]);
      expect(aborted.status).toBe(200);
      expect((await desk.get(id)).state).toBe('aborted');
      const told = (await desk.audit(id)).slice(2);
      expect(told).toEqual([...(approved.status === 200 ? ['rollout.approve'] : []), 'rollout.abort']);
      expect([200, 409]).toContain(approved.status);
    }
  });

  it.each([
    ['pause', 'paused'],
    ['abort', 'aborted'],
  ])('pause and a gate that closes with %s come to the same, whichever is first', async (act, state) => {
    for (let round = 0; round < 5; round += 1) {
      const rollout = await GatedRollout.made(desk.fleet, desk.aName(), {
        waves: [{ failure_share: 0 }],
        columns: { when_tripped: act },
      });
      const [device] = await rollout.devices(1);
      const id = (await device!.offered()) ?? '';
      await device!.deployment(id);
      const [said] = await Promise.all([
        new RolloutDesk(two).tell(rollout.id, 'pause'),
        device!.feedback(id, 'closed', 'failure'),
      ]);
      expect([200, ...(act === 'abort' ? [409] : [])]).toContain(said.status);
      expect((await desk.get(rollout.id)).state).toBe(state);
      expect((await desk.get(rollout.id)).halt).toMatchObject({ kind: 'failures', failures: 1 });
      expect(await rollout.events('rollout.tripped')).toHaveLength(1);
    }
  });
});

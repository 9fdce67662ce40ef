import { RolloutDesk } from '../support/rollout-desk';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let desk: RolloutDesk;
beforeAll(async () => {
  rookery = await startRookery();
  desk = new RolloutDesk(rookery);
});
afterAll(() => rookery.close());

const DEFAULTS = {
  priority: 0,
  attempts: 1,
  retryBackoff: '0s',
  allowsDowngrade: false,
  confirms: 'version',
  silentPolls: 0,
  whenTripped: 'pause',
  windows: [],
  currentWave: 1,
  waves: [
    {
      position: 1,
      percentage: 100,
      members: { controllerIds: [], tags: [] },
      gate: { successShare: 90, failureShare: 25, sample: 20, soak: '0s', manual: false },
      devices: {},
    },
  ],
};
const WHOLE = {
  filter: 'model==my-board',
  priority: 3,
  inFlightCap: 50,
  offersPerMinute: 400,
  ramp: { startPerMinute: 10, doubling: '10m' },
  mostDevices: 5000,
  waves: [
    {
      name: 'canaries',
      percentage: 0.5,
      members: { controllerIds: ['a', 'b'], tags: ['canary'], filter: 'tag==early' },
      mostDevices: 40,
      gate: { successShare: 95, failureShare: 5, sample: 20, soak: '2h', manual: true },
    },
    { percentage: 100 },
  ],
  attempts: 3,
  retryBackoff: '1h',
  allowsDowngrade: true,
  confirms: 'report',
  silentPolls: 4,
  whenTripped: 'abort',
  startAt: '2030-01-31T12:00:00.000Z',
  windows: [{ days: ['sat', 'sun'], from: '22:00', to: '06:00', timezone: 'Europe/Berlin' }],
};

describe('a rollout as it is made', () => {
  it('has sensible defaults', async () => {
    const made = await desk.draft();
    expect(made).toMatchObject({ ...DEFAULTS, state: 'draft', salt: made.id });
    expect(made).not.toHaveProperty('ramp');
  });

  it('is shown as it was said', async () => {
    expect(await desk.draft(WHOLE)).toMatchObject(WHOLE);
  });

  it('takes the order of the devices over from another', async () => {
    const { id } = await desk.draft();
    expect((await desk.draft({ bucketsOf: id })).salt).toBe(id);
    const answer = await desk.asked({ bucketsOf: '4711' });
    expect([answer.status, answer.body.errors]).toEqual([
      422,
      { bucketsOf: expect.stringContaining('is 4711, which is no rollout') },
    ]);
  });

  it('opens on every day unless days are named', async () => {
    const { windows } = await desk.draft({ windows: [{ from: '00:00', to: '24:00' }] });
    expect(windows).toEqual([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' },
    ]);
  });

  const wave = (fields: object): object => ({ waves: [{ percentage: 1, gate: { manual: true } }, fields] });
  it.each([
    ['percentage', wave({ percentage: 101 }), 400, 'waves[1].percentage'],
    ['percentage', wave({ percentage: 0.001 }), 400, 'waves[1].percentage'],
    ['percentage', wave({ percentage: '5' }), 400, 'waves[1].percentage'],
    ['percentage', wave({ percentage: 0.5 }), 422, 'waves[1].percentage'],
    ['sample', wave({ percentage: 2, gate: { sample: 0 } }), 400, 'waves[1].gate.sample'],
    [
      'sample',
      wave({ percentage: 2, mostDevices: 3, gate: { sample: 4, failureShare: 1 } }),
      422,
      'waves[1].gate.sample',
    ],
    ['share', wave({ percentage: 2, gate: { failureShare: 100 } }), 422, 'waves[1].gate.failureShare'],
    [
      'sample',
      { mostDevices: 10, waves: [{ percentage: 1 }, { percentage: 100 }] },
      422,
      'waves[0].gate.sample',
    ],
    ['share', { mostDevices: 5 }, 422, 'waves[0].gate.failureShare'],
    ['soak', wave({ percentage: 2, gate: { soak: 'long' } }), 400, 'waves[1].gate.soak'],
    ['member', wave({ members: { filter: 'a=1' } }), 422, 'waves[1].members.filter'],
    ['wave', wave({}), 422, 'waves[1].percentage'],
    ['wave', wave({ percentage: 5, speed: 1 }), 400, 'waves[1].speed'],
    ['list', { waves: [] }, 400, 'waves'],
    ['list', { waves: 'all' }, 400, 'waves'],
    ['item', { waves: [5] }, 400, 'waves[0]'],
    ['item', { waves: [null] }, 400, 'waves[0]'],
    ['item', { windows: [null] }, 400, 'windows[0]'],
    ['part', { waves: [{ percentage: 5, gate: null }] }, 400, 'waves[0].gate'],
    ['part', { waves: [{ percentage: 5, members: [] }] }, 400, 'waves[0].members'],
    ['filter', { filter: 'tag=a' }, 422, 'filter'],
    ['population', { feed: undefined }, 422, 'feed'],
    ['feed', { feed: 'nowhere' }, 422, 'feed'],
    ['release', { releaseId: '4711' }, 422, 'releaseId'],
    ['ramp', { ramp: { startPerMinute: 1, doubling: '10m' } }, 422, 'ramp'],
    ['ramp', { offersPerMinute: 5, ramp: { startPerMinute: 1, doubling: '10s' } }, 400, 'ramp.doubling'],
    ['ramp', { offersPerMinute: 5, ramp: { startPerMinute: 9, doubling: '1m' } }, 422, 'ramp.startPerMinute'],
    ['window', { windows: [{ from: '24:00', to: '06:00' }] }, 400, 'windows[0].from'],
    ['day', { windows: [{ days: ['monday'], from: '00:00', to: '06:00' }] }, 400, 'windows[0].days'],
    [
      'zone',
      { windows: [{ from: '00:00', to: '06:00', timezone: 'Mars/Base' }] },
      422,
      'windows[0].timezone',
    ],
    ['backoff', { retryBackoff: '1h' }, 422, 'retryBackoff'],
    ['silence', { silentPolls: 3 }, 422, 'silentPolls'],
    ['date', { startAt: 'tomorrow' }, 400, 'startAt'],
    ['number', { mostDevices: 0 }, 400, 'mostDevices'],
    ['number', { offersPerMinute: 1e99 }, 400, 'offersPerMinute'],
  ])('says what is wrong with its %s: %j', async (_what, wish, status, path) => {
    const answer = await desk.asked(wish);
    expect([answer.status, Object.keys((answer.body.errors ?? {}) as object)]).toEqual([status, [path]]);
  });

  it.each(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59'])('may begin at %s', async (startAt) => {
    expect((await desk.draft({ startAt })).startAt).toBe(new Date(startAt).toISOString());
  });

  it('says all that is wrong at once', async () => {
    const answer = await desk.asked({ silentPolls: 3, retryBackoff: '1h', filter: '=' });
    expect(Object.keys(answer.body.errors as object).sort()).toEqual([
      'filter',
      'retryBackoff',
      'silentPolls',
    ]);
  });

  it('wants windows in which the release can be installed', async () => {
    const releaseId = await desk.release();
    await rookery.database.query('UPDATE release SET p90_ms = 3600000 WHERE tenant_id = 1 AND id = $1', [
      releaseId,
    ]);
    const windows = [{ from: '12:00', to: '12:30' }];
    const answer = await desk.asked({ releaseId, windows });
    expect(answer.body.errors).toEqual({ 'windows[0]': expect.stringContaining('need 60 min') });
  });
});

describe('a draft', () => {
  it('can be changed in everything, and cleared', async () => {
    const { id } = await desk.draft(WHOLE);
    const releaseId = await desk.release();
    const change = {
      ...{
        name: desk.aName(),
        releaseId,
        filter: null,
        ramp: null,
        offersPerMinute: null,
        mostDevices: null,
      },
      ...{ startAt: null, waves: [{ percentage: 7.25 }], silentPolls: 0, windows: [], feed: 'default' },
    };
    const { body } = await desk.api.patch(`/rollouts/${id}`).send(change).expect(200);
    expect(body).toMatchObject({
      name: change.name,
      releaseId,
      feed: 'default',
      windows: [],
      inFlightCap: 50,
      salt: id,
    });
    for (const gone of ['filter', 'ramp', 'offersPerMinute', 'mostDevices', 'startAt'])
      expect(body).not.toHaveProperty(gone);
    expect(body.waves).toHaveLength(1);
    expect(body.waves[0]).toMatchObject({ percentage: 7.25, gate: { sample: 20 } });
    expect(await desk.audit(id)).toEqual(['rollout.created', 'rollout.changed']);
  });

  it('stays as it is where a change says nothing', async () => {
    const made = await desk.draft(WHOLE);
    const { body } = await desk.api.patch(`/rollouts/${made.id}`).send({ priority: 4 }).expect(200);
    expect(body).toEqual({ ...made, priority: 4, revision: 2 });
  });

  it('changes on what terms devices get it', async () => {
    const { id } = await desk.draft();
    const forceAt = '2030-01-31T12:00:00.000Z';
    const patch = (change: object) => desk.api.patch(`/rollouts/${id}`).send(change);
    expect((await patch({ type: 'time-forced' }).expect(400)).body.errors).toHaveProperty('forceAt');
    expect((await patch({ type: 'time-forced', forceAt }).expect(200)).body).toMatchObject({ forceAt });
    const kept = (await patch({ confirmation: false }).expect(200)).body;
    expect(kept).toMatchObject({ type: 'time-forced', forceAt, confirmation: false });
    expect((await patch({ type: 'soft' }).expect(200)).body).not.toHaveProperty('forceAt');
  });

  it.each([
    [{ name: null }, 400, 'name'],
    [{ waves: null }, 400, 'waves'],
    [{ releaseId: '4711' }, 422, 'releaseId'],
    [{ feed: null }, 422, 'feed'],
    [{ waves: [{ percentage: 2 }, { percentage: 1 }] }, 422, 'waves[1].percentage'],
    [{ state: 'running' }, 400, 'state'],
    [{ ramp: 5 }, 400, 'ramp'],
    [{ waves: [null] }, 400, 'waves[0]'],
    [{ windows: [{ to: '06:00' }] }, 400, 'windows[0].from'],
  ])('cannot become %j', async (change, status, path) => {
    const made = await desk.draft();
    const answer = await desk.api.patch(`/rollouts/${made.id}`).send(change).expect(status);
    expect(Object.keys(answer.body.errors as object)).toEqual([path]);
    expect(await desk.get(made.id)).toEqual(made);
  });

  it('is changed only as it was read, and keeps no name that is taken', async () => {
    const [{ id }, other] = [await desk.draft(), await desk.draft()];
    const patch = (change: object, tag = '"1"') =>
      desk.api.patch(`/rollouts/${id}`).set('if-match', tag).send(change);
    await patch({ name: other.name }).expect(409);
    await patch({ priority: 1 }).expect(200).expect('etag', '"2"');
    await patch({ priority: 2 }).expect(412);
  });

  it('can be deleted, and what has run cannot', async () => {
    const { id } = await desk.draft();
    await desk.api.delete(`/rollouts/${id}`).set('if-match', '"9"').expect(412);
    await desk.api.delete(`/rollouts/${id}`).expect(204);
    await desk.api.delete(`/rollouts/${id}`).expect(404);
    const run = await desk.running();
    await desk.tell(run.id, 'close').expect(200);
    expect((await desk.api.delete(`/rollouts/${run.id}`).expect(409)).body.code).toBe('rollout_state');
  });
});

describe('a rollout that was started', () => {
  it('goes further and faster, but never back', async () => {
    const { id } = await desk.running({ inFlightCap: 4, waves: [{ percentage: 10, gate: { sample: 5 } }] });
    const patch = (change: object) => desk.api.patch(`/rollouts/${id}`).send(change);
    const change = {
      waves: [{ percentage: 50.5 }],
      priority: 9,
      inFlightCap: 40,
      offersPerMinute: 20,
      mostDevices: 90,
    };
    const { body } = await patch({ ...change, windows: [{ from: '01:00', to: '05:00' }] }).expect(200);
    expect(body).toMatchObject({
      state: 'running',
      priority: 9,
      inFlightCap: 40,
      offersPerMinute: 20,
      mostDevices: 90,
    });
    expect(body.waves[0]).toMatchObject({ percentage: 50.5, gate: { sample: 5 } });
    const back = await patch({ waves: [{ percentage: 50 }] }).expect(422);
    expect(back.body.errors).toEqual({ 'waves[0].percentage': expect.stringContaining('only be raised') });
  });

  it.each([
    [{ waves: [{ gate: { sample: 6 } }] }, 'waves[0].gate'],
    [{ waves: [{ members: { tags: ['a'] } }] }, 'waves[0].members'],
    [{ waves: [{ percentage: 20 }, { percentage: 30 }] }, 'waves'],
    [{ confirms: 'report' }, 'confirms'],
    [{ attempts: 2 }, 'attempts'],
    [{ filter: 'tag==a' }, 'filter'],
    [{ feed: 'default' }, 'feed'],
    [{ startAt: '2030-01-31T12:00:00Z' }, 'startAt'],
    [{ type: 'soft' }, 'type'],
    [{ allowsDowngrade: true }, 'allowsDowngrade'],
  ])('cannot become another one: %j', async (change, path) => {
    const { id } = await desk.running({ waves: [{ percentage: 10 }] });
    const answer = await desk.api.patch(`/rollouts/${id}`).send(change).expect(422);
    expect(Object.keys(answer.body.errors as object)).toEqual([path]);
  });

  it('goes slower whatever its release has become since', async () => {
    const { id, releaseId } = await desk.running({ windows: [{ from: '12:00', to: '12:30' }] });
    await desk.api.post(`/releases/${releaseId}/withdraw`).expect(200);
    await rookery.database.query('UPDATE release SET p90_ms = 3600000 WHERE tenant_id = 1 AND id = $1', [
      releaseId,
    ]);
    await desk.api.patch(`/rollouts/${id}`).send({ inFlightCap: 1 }).expect(200);
  });

  it('begins now when its time is taken away', async () => {
    const { id } = await desk.draft({ startAt: '2100-01-01T00:00:00Z' });
    await desk.tell(id, 'start').expect(200);
    const { body } = await desk.api.patch(`/rollouts/${id}`).send({ startAt: null }).expect(200);
    expect(Date.parse(body.startAt as string)).toBeLessThan(Date.parse('2100-01-01T00:00:00Z'));
  });

  it('keeps a maximum that it has not passed yet', async () => {
    const made = await desk.running();
    for (let device = 0; device < 2; device += 1) await (await desk.device(made.feed)).poll();
    const patch = (most: number) => desk.api.patch(`/rollouts/${made.id}`).send({ mostDevices: most });
    expect((await patch(1).expect(422)).body.errors).toEqual({
      mostDevices: 'is 1, but 2 devices are in it already',
    });
    await patch(2).expect(200);
    const [row] = await rookery.database.query('SELECT devices FROM rollout WHERE id = $1', [made.id]);
    expect(row).toEqual({ devices: 2 });
  });

  it('lays its lanes anew for another cap', async () => {
    const { id } = await desk.running({ inFlightCap: 40 });
    const caps = async (): Promise<number[]> => {
      const rows = await rookery.database.query<{ cap: number }>(
        'SELECT cap FROM rollout_lane WHERE rollout_id = $1 ORDER BY lane',
        [id],
      );
      return rows.map(({ cap }) => cap);
    };
    for (const [inFlightCap, lanes] of [
      [5, 16],
      [33, 16],
      [1, 16],
    ] as const) {
      await desk.api.patch(`/rollouts/${id}`).send({ inFlightCap }).expect(200);
      const laid = await caps();
      expect(laid).toHaveLength(lanes);
      expect(laid.reduce((sum, cap) => sum + cap, 0)).toBe(inFlightCap);
    }
  });

  it.each(['aborted', 'closed'])('is not changed any more when it is %s', async (state) => {
    const { id } = await desk.running();
    await desk.tell(id, state === 'aborted' ? 'abort' : 'close').expect(200);
    expect((await desk.api.patch(`/rollouts/${id}`).send({ priority: 1 }).expect(409)).body.code).toBe(
      'rollout_state',
    );
  });
});

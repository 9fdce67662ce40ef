import fc from 'fast-check';
import { BUCKETS } from '../rollout/bucket';
import { checkRollout, wishOf, type CheckContext } from './rollout-check';
import type { RolloutWish, WaveWish } from '../rollout/rollout-wish';
import type { RolloutWindow } from '../rollout/rollout-window';
import { RolloutFieldsError } from '../rollouts.errors';
import { DEFAULT_GATE, NO_MEMBERS } from '../rollout/wave';

const CONTEXT: CheckContext = { p90Ms: undefined, salt: undefined };
const WISH: RolloutWish = { name: 'spring', feed: 'stable', releaseId: '7' };
const NIGHT: RolloutWindow = { days: [1, 2], fromMinute: 22 * 60, toMinute: 6 * 60, timezone: undefined };

function faultsOf(wish: Partial<RolloutWish>, context: Partial<CheckContext> = {}): Record<string, string> {
  try {
    checkRollout({ ...WISH, ...wish }, { ...CONTEXT, ...context });
    return {};
  } catch (error) {
    if (!(error instanceof RolloutFieldsError)) throw error;
    return { ...error.fields };
  }
}

const waved = (...waves: WaveWish[]): Record<string, string> => faultsOf({ waves });

describe('a rollout of which little is said', () => {
  it('is one wave of everyone whose gate stops it, and wants the version to be shown', () => {
    expect(checkRollout(WISH, CONTEXT)).toMatchObject({
      population: { feed: 'stable', filter: undefined, revertsRolloutId: undefined },
      priority: 0,
      attempts: 1,
      confirms: 'version',
      silentPolls: 0,
      whenTripped: 'pause',
      allowsDowngrade: false,
      waves: [{ position: 1, buckets: BUCKETS, members: NO_MEMBERS, gate: DEFAULT_GATE }],
      windows: [],
    });
  });

  it('has the gate that holds when nothing is said wherever a part of it is left out', () => {
    const { waves } = checkRollout({ ...WISH, waves: [{ buckets: 100, gate: { sample: 5 } }] }, CONTEXT);
    expect(waves[0]?.gate).toEqual({ ...DEFAULT_GATE, sample: 5 });
  });

  it('is the same when it is said once more', () => {
    const definition = checkRollout({ ...WISH, waves: [{ buckets: 100 }, { buckets: 10_000 }] }, CONTEXT);
    expect(checkRollout(wishOf(definition), CONTEXT)).toEqual(definition);
  });
});

describe('whom it means', () => {
  it('has to be said', () => {
    expect(faultsOf({ feed: undefined })).toEqual({
      feed: expect.stringContaining('a feed, a filter or both'),
    });
    expect(faultsOf({ feed: undefined }, { revertsRolloutId: '4' })).toEqual({});
  });

  it('may be a filter, with where it is wrong', () => {
    expect(faultsOf({ feed: undefined, filter: 'tag==field' })).toEqual({});
    expect(faultsOf({ filter: 'tag=field' })).toEqual({
      filter: expect.stringMatching(/^is wrong at character \d/),
    });
  });
});

describe('waves', () => {
  it('do not shrink', () => {
    expect(waved({ buckets: 5000 }, { buckets: 1000 })).toEqual({
      'waves[1].percentage': expect.stringContaining('is 10 %, less than the 50 % of the wave before'),
    });
  });

  it('add somebody', () => {
    expect(waved({ buckets: 1000 }, { buckets: 1000 })).toHaveProperty(['waves[1].percentage']);
    expect(waved({ buckets: 0 })).toHaveProperty(['waves[0].percentage']);
    expect(waved({ buckets: 1000 }, { buckets: 1000, members: { tags: ['canary'] } })).toEqual({});
  });

  it('say whom they mean', () => {
    expect(waved({})).toEqual({ 'waves[0].percentage': expect.stringContaining('is missing') });
    expect(waved({ members: { controllerIds: ['a'] } }, { buckets: 10_000 })).toEqual({});
  });

  it('name members by filters that can be read', () => {
    const [path] = Object.keys(waved({ members: { filter: 'nothing==1' } }));
    expect(path).toBe('waves[0].members.filter');
  });

  it('are 1 to 50', () => {
    expect(waved()).toHaveProperty('waves');
    const many = Array.from({ length: 51 }, (_wave, at) => ({ buckets: at + 1 }));
    expect(waved(...many)).toHaveProperty('waves');
  });

  it('take no fewer devices than the sample, unless an operator opens the next one', () => {
    const few = { buckets: 1000, mostDevices: 10 };
    expect(waved({ ...few, gate: { failureShare: 500 } })).toEqual({
      'waves[0].gate.sample': expect.stringContaining('is 20, but the wave takes 10 devices at most'),
    });
    expect(waved({ ...few, gate: { failureShare: 500, isManual: true } })).toEqual({});
  });

  it('take no fewer than the rollout does as a whole, the last one aside', () => {
    const gate = { failureShare: 500 };
    expect(
      faultsOf({
        mostDevices: 10,
        waves: [
          { buckets: 1000, gate },
          { buckets: 10_000, gate },
        ],
      }),
    ).toEqual({
      'waves[0].gate.sample': expect.stringContaining('is 20, but the rollout takes 10 devices at most'),
    });
  });

  it.each([
    [{ failureShare: 10_000 }, undefined, 'is 100 %: no more than all devices can fail'],
    [{ failureShare: 5000, sample: 40, isManual: true }, 20, 'is 50 %, which can never be passed'],
    [{ failureShare: 5000, sample: 40, isManual: true }, 20, 'it takes 21 failures, and the wave takes 20'],
  ])('have a threshold that something can pass: %j of %s', (gate, mostDevices, why) => {
    expect(waved({ buckets: 1000, mostDevices, gate })).toEqual({
      'waves[0].gate.failureShare': expect.stringContaining(why),
    });
  });

  it('have a threshold that as many devices can pass as the rollout takes', () => {
    expect(faultsOf({ mostDevices: 5 })).toEqual({
      'waves[0].gate.failureShare': expect.stringContaining(
        '6 failures, and the rollout takes 5 devices at most',
      ),
    });
    expect(faultsOf({ mostDevices: 6 })).toEqual({});
  });

  it('may become smaller than their gates once the rollout was started', () => {
    const waves = [{ buckets: 1000, mostDevices: 2 }, { buckets: 10_000 }];
    expect(faultsOf({ mostDevices: 3, waves }, { isStarted: true })).toEqual({});
  });

  it('may be as strict as can be', () => {
    expect(waved({ buckets: 1000, gate: { failureShare: 0, successShare: 10_000, sample: 1 } })).toEqual({});
  });
});

describe('the pace', () => {
  const ramp = { startPerMinute: 10, doublingMs: 600_000 };

  it('does not double without end', () => {
    expect(faultsOf({ ramp })).toEqual({ ramp: expect.stringContaining('offersPerMinute') });
    expect(faultsOf({ ramp, offersPerMinute: 100 })).toEqual({});
  });

  it('does not begin above its end, nor double faster than it is counted', () => {
    expect(faultsOf({ ramp, offersPerMinute: 5 })).toHaveProperty(['ramp.startPerMinute']);
    expect(faultsOf({ ramp: { ...ramp, doublingMs: 1000 }, offersPerMinute: 50 })).toHaveProperty([
      'ramp.doubling',
    ]);
  });
});

describe('what means nothing', () => {
  it('is a wait between tries of which there is one', () => {
    expect(faultsOf({ retryBackoffMs: 1000 })).toHaveProperty('retryBackoff');
    expect(faultsOf({ retryBackoffMs: 1000, attempts: 2 })).toEqual({});
  });

  it('is to look for silent devices where nothing soaks', () => {
    expect(faultsOf({ silentPolls: 3 })).toHaveProperty('silentPolls');
    expect(faultsOf({ silentPolls: 3, waves: [{ buckets: 10_000, gate: { soakMs: 1000 } }] })).toEqual({});
  });
});

describe('windows', () => {
  it('are kept with the zone as it is called', () => {
    const { windows } = checkRollout(
      { ...WISH, windows: [{ ...NIGHT, timezone: 'europe/berlin' }] },
      CONTEXT,
    );
    expect(windows).toEqual([{ ...NIGHT, timezone: 'Europe/Berlin' }]);
    const zulu = checkRollout({ ...WISH, windows: [{ ...NIGHT, timezone: 'Z' }] }, CONTEXT);
    expect(zulu.windows[0]?.timezone).toBe('+00:00');
  });

  it.each([
    [{ days: [] }, 'windows[0].days'],
    [{ days: [8] }, 'windows[0].days'],
    [{ fromMinute: 1440 }, 'windows[0].from'],
    [{ toMinute: 1441 }, 'windows[0].to'],
    [{ timezone: 'Mars/Base' }, 'windows[0].timezone'],
    [{ timezone: '+15:00' }, 'windows[0].timezone'],
  ])('cannot be %j', (change, path) => {
    expect(Object.keys(faultsOf({ windows: [{ ...NIGHT, ...change }] }))).toEqual([path]);
  });

  it('are no shorter than the release usually takes', () => {
    const short = { ...NIGHT, toMinute: 22 * 60 + 30 };
    const context = { p90Ms: 45 * 60_000 };
    expect(faultsOf({ windows: [short] }, context)).toEqual({
      'windows[0]': expect.stringContaining('is open for 30 min, but nine of ten devices need 45 min'),
    });
    expect(faultsOf({ windows: [short] })).toEqual({});
    expect(faultsOf({ windows: [NIGHT] }, context)).toEqual({});
  });

  it('count together when one goes on where the other ends', () => {
    const context = { p90Ms: 90 * 60_000 };
    const late = { days: [7], fromMinute: 23 * 60, toMinute: 24 * 60, timezone: undefined };
    const early = { days: [1], fromMinute: 0, toMinute: 60, timezone: undefined };
    expect(faultsOf({ windows: [late, early] }, context)).toEqual({});
    expect(Object.keys(faultsOf({ windows: [late, { ...early, timezone: 'UTC' }] }, context))).toHaveLength(
      2,
    );
  });
});

describe('whatever is said', () => {
  const share = fc.oneof(fc.integer({ min: -5, max: 10_100 }), fc.double());
  const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined });
  const text = fc.oneof(fc.constantFrom('tag==a', 'mode==latest', 'x==1', '', 'UTC', '+99:99'), fc.string());
  const wave: fc.Arbitrary<WaveWish> = fc.record({
    name: some(fc.string()),
    buckets: some(share),
    mostDevices: some(fc.integer()),
    members: some(
      fc.record({
        controllerIds: some(fc.array(fc.string())),
        tags: some(fc.array(fc.string())),
        filter: some(text),
      }),
    ),
    gate: some(
      fc.record({
        successShare: some(share),
        failureShare: some(share),
        sample: some(fc.integer()),
        soakMs: some(fc.double()),
      }),
    ),
  });
  const wishes: fc.Arbitrary<RolloutWish> = fc.record({
    name: fc.string(),
    feed: some(fc.string()),
    filter: some(text),
    releaseId: fc.string(),
    offersPerMinute: some(fc.integer()),
    ramp: some(fc.record({ startPerMinute: fc.double(), doublingMs: fc.double() })),
    waves: some(fc.array(wave, { maxLength: 60 })),
    attempts: some(fc.integer()),
    retryBackoffMs: some(fc.integer()),
    silentPolls: some(fc.integer()),
    windows: some(
      fc.array(
        fc.record({
          days: fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 9 }),
          fromMinute: fc.integer({ min: -10, max: 2000 }),
          toMinute: fc.integer({ min: -10, max: 2000 }),
          timezone: some(text),
        }),
        { maxLength: 4 },
      ),
    ),
  });

  it('makes a rollout whose waves grow and whose gates can close, or is refused field by field', () => {
    fc.assert(
      fc.property(wishes, some(fc.integer({ min: 0, max: 86_400_000 })), (wish, p90Ms) => {
        try {
          const { waves } = checkRollout(wish, { ...CONTEXT, p90Ms });
          waves.forEach((one, at) => {
            expect(one.position).toBe(at + 1);
            expect(one.buckets).toBeGreaterThanOrEqual(waves[at - 1]?.buckets ?? 0);
            expect(one.buckets).toBeLessThanOrEqual(BUCKETS);
            expect(one.gate.failureShare).toBeLessThan(BUCKETS);
          });
        } catch (error) {
          if (!(error instanceof RolloutFieldsError)) throw error;
          expect(Object.keys(error.fields ?? {}).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

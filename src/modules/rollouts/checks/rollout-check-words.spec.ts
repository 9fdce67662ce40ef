import { BUCKETS } from '../rollout/bucket';
import { checkRollout, type CheckContext } from './rollout-check';
import type { GateWish, RolloutWish, WaveWish } from '../rollout/rollout-wish';
import type { RolloutWindow } from '../rollout/rollout-window';
import { RolloutFieldsError } from '../rollouts.errors';

const CONTEXT: CheckContext = { p90Ms: undefined, salt: undefined };
const WISH: RolloutWish = { name: 'spring', feed: 'stable', releaseId: '7' };
const MINUTE_MS = 60_000;

function faultsOf(wish: Partial<RolloutWish>, context: Partial<CheckContext> = {}): Record<string, string> {
  try {
    checkRollout({ ...WISH, ...wish }, { ...CONTEXT, ...context });
    return {};
  } catch (error) {
    if (!(error instanceof RolloutFieldsError)) throw error;
    return { ...error.fields };
  }
}

const times = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);
const gated = (gate: GateWish): WaveWish[] => [{ buckets: 1000, gate }, { buckets: BUCKETS }];
const OUTSIDE = 'must be from 0 to 100, with two decimals at most';

describe('what is wrong with a wave is said in words', () => {
  it.each([
    [{ waves: [] }, { waves: 'must be a list of 1 to 50 waves' }],
    [
      { waves: [{}] },
      {
        'waves[0].percentage':
          'is missing: the wave names no devices either. Say a percentage, or name members',
      },
    ],
    [
      { waves: [{ buckets: 1000 }, { buckets: 1000 }] },
      {
        'waves[1].percentage':
          'is 10 % and the wave names no devices: it adds nobody to those before it. Raise it, name members, or leave the wave out',
      },
    ],
    [
      { waves: [{ buckets: 1000 }, { buckets: 999 }] },
      {
        'waves[1].percentage':
          'is 9.99 %, less than the 10 % of the wave before: each wave includes those before it. Raise it, or put the waves in order',
      },
    ],
    [{ waves: [{ buckets: 1.5 }] }, { 'waves[0].percentage': OUTSIDE }],
    [{ waves: [{ buckets: -1 }] }, { 'waves[0].percentage': OUTSIDE }],
    [{ waves: [{ buckets: BUCKETS + 1 }] }, { 'waves[0].percentage': OUTSIDE }],
    [{ waves: gated({ successShare: -1 }) }, { 'waves[0].gate.successShare': OUTSIDE }],
    [{ waves: gated({ successShare: 0.5 }) }, { 'waves[0].gate.successShare': OUTSIDE }],
    [{ waves: gated({ successShare: BUCKETS + 1 }) }, { 'waves[0].gate.successShare': OUTSIDE }],
    [{ waves: gated({ failureShare: -1 }) }, { 'waves[0].gate.failureShare': OUTSIDE }],
    [{ waves: gated({ sample: 0 }) }, { 'waves[0].gate.sample': 'must be 1 at least' }],
    [{ waves: gated({ soakMs: -1 }) }, { 'waves[0].gate.soak': 'must not be negative' }],
    [
      { waves: gated({ failureShare: BUCKETS }) },
      {
        'waves[0].gate.failureShare':
          'is 100 %: no more than all devices can fail, so that nothing would ever stop the rollout. Lower it',
      },
    ],
    [
      { waves: [{ buckets: 1000, mostDevices: 19 }, { buckets: BUCKETS }] },
      {
        'waves[0].gate.sample':
          'is 20, but the wave takes 19 devices at most: it could never open by itself. Lower it, raise mostDevices, or make the gate manual',
      },
    ],
    [
      { waves: [{ buckets: 1000, mostDevices: 5, gate: { isManual: true } }, { buckets: BUCKETS }] },
      {
        'waves[0].gate.failureShare':
          'is 25 %, which can never be passed: of a sample of 20 it takes 6 failures, and the wave takes 5 devices at most. Lower it or the sample, or raise mostDevices',
      },
    ],
  ] satisfies [Partial<RolloutWish>, Record<string, string>][])('%j', (wish, faults) => {
    expect(faultsOf(wish)).toEqual(faults);
  });

  it('and what is just right is not', () => {
    expect(
      faultsOf({ waves: [{ buckets: 0, members: { tags: ['canary'] } }, { buckets: BUCKETS }] }),
    ).toEqual({});
    expect(
      faultsOf({ waves: [{ members: { controllerIds: ['a'] } }, { members: { filter: 'tag==a' } }] }),
    ).toEqual({});
    expect(faultsOf({ waves: [{ buckets: 1000, mostDevices: 20 }, { buckets: BUCKETS }] })).toEqual({});
    expect(faultsOf({ waves: gated({ sample: 1, soakMs: 0, successShare: 0, failureShare: 9999 }) })).toEqual(
      {},
    );
  });

  it('and of too many no more than fifty things', () => {
    const named = { members: { tags: ['a'] } };
    expect(faultsOf({ waves: times(50, named) })).toEqual({});
    expect(Object.keys(faultsOf({ waves: times(60, {}) }))).toHaveLength(50);
    expect(faultsOf({ waves: times(51, named) })).toEqual({ waves: 'must be a list of 1 to 50 waves' });
  });
});

describe('what is wrong with a window is said in words', () => {
  const NIGHT: RolloutWindow = { days: [1], fromMinute: 22 * 60, toMinute: 6 * 60, timezone: undefined };
  const DAYS = 'must name a day of the week at least';
  const FROM = 'must be from 00:00 to 23:59';
  const TO = 'must be from 00:00 to 24:00';

  it.each([
    [{ days: [] }, { days: DAYS }],
    [{ days: [1, 8] }, { days: DAYS }],
    [{ days: [0, 1] }, { days: DAYS }],
    [{ days: [1.5, 1] }, { days: DAYS }],
    [{ fromMinute: -1 }, { from: FROM }],
    [{ fromMinute: 0.5 }, { from: FROM }],
    [{ fromMinute: 1440 }, { from: FROM }],
    [{ toMinute: -1 }, { to: TO }],
    [{ toMinute: 0.5 }, { to: TO }],
    [{ toMinute: 1441 }, { to: TO }],
  ])('%j', (change, faults) => {
    const expected = Object.fromEntries(
      Object.entries(faults).map(([field, why]) => [`windows[0].${field}`, why]),
    );
    expect(faultsOf({ windows: [{ ...NIGHT, ...change }] })).toEqual(expected);
  });

  it('and of its zone what is wrong with that', () => {
    const faults = faultsOf({ windows: [{ ...NIGHT, timezone: 'Mars/Base' }] });
    expect(Object.keys(faults)).toEqual(['windows[0].timezone']);
    expect(faults['windows[0].timezone']).toMatch(/Mars\/Base/);
  });

  it('and of too many no more than fifty things', () => {
    expect(faultsOf({ windows: times(50, NIGHT) })).toEqual({});
    expect(faultsOf({ windows: times(51, NIGHT) })).toEqual({ windows: 'must have 50 items at most' });
    expect(Object.keys(faultsOf({ windows: times(60, { ...NIGHT, days: [] }) }))).toHaveLength(50);
  });

  it('and days are kept in order, each once', () => {
    const { windows } = checkRollout({ ...WISH, windows: [{ ...NIGHT, days: [7, 2, 7, 1] }] }, CONTEXT);
    expect(windows[0]?.days).toEqual([1, 2, 7]);
  });

  it.each([
    ['as long as needed', [NIGHT], 480, undefined],
    ['a minute too short', [NIGHT], 481, 480],
    [
      'as short as its shortest day',
      [
        { ...NIGHT, days: [1, 3] },
        { ...NIGHT, days: [2], fromMinute: 360 },
      ],
      481,
      480,
    ],
    ['longer by the one before', [NIGHT, { ...NIGHT, fromMinute: 1200, toMinute: 1320 }], 600, undefined],
    [
      'longer by the one after',
      [NIGHT, { ...NIGHT, days: [2], fromMinute: 360, toMinute: 420 }],
      540,
      undefined,
    ],
    ['around the clock', [{ ...NIGHT, fromMinute: 0, toMinute: 0 }], 1441, 1440],
    [
      'always',
      [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440, timezone: undefined }],
      10_080,
      undefined,
    ],
    [
      'never longer than a week',
      [{ ...NIGHT, days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 }],
      10_081,
      10_080,
    ],
  ])('%s', (_what, windows, needed, open) => {
    const faults = faultsOf({ windows }, { p90Ms: needed * MINUTE_MS });
    const why =
      `is open for ${open ?? ''} min, but nine of ten devices need ${needed} min for this release: ` +
      'nobody would be offered it. Make it longer';
    expect(faults['windows[0]']).toBe(open === undefined ? undefined : why);
  });
});

describe('what is wrong with the pace is said in words', () => {
  const ramp = { startPerMinute: 10, doublingMs: MINUTE_MS };

  it.each([
    [
      { ramp, offersPerMinute: 9 },
      'ramp.startPerMinute',
      /^is 10, more than the 9 of offersPerMinute where it stops\. Lower i/,
    ],
    [
      { ramp: { ...ramp, doublingMs: MINUTE_MS - 1 }, offersPerMinute: 20 },
      'ramp.doubling',
      /^must be 1m at least$/,
    ],
    [
      { retryBackoffMs: 1 },
      'retryBackoff',
      /^means nothing while attempts is 1: nobody tries again\. Raise attempts, or leave it out$/,
    ],
    [
      { silentPolls: 3 },
      'silentPolls',
      /^is 3, and finds nobody: devices are missed while a wave soaks, and no gate has a soak\. Give one /,
    ],
  ])('%j', (wish, field, why) => {
    const faults = faultsOf(wish);
    expect(Object.keys(faults)).toEqual([field]);
    expect(faults[field]).toMatch(why);
  });

  it('and what is just right is not', () => {
    expect(faultsOf({ ramp, offersPerMinute: 10 })).toEqual({});
    const waves = [{ buckets: 1000 }, { buckets: BUCKETS, gate: { soakMs: 1 } }];
    expect(faultsOf({ silentPolls: 3, waves })).toEqual({});
    const { pace } = checkRollout({ ...WISH, ramp, offersPerMinute: 10, inFlightCap: 4 }, CONTEXT);
    expect(pace).toEqual({ inFlightCap: 4, offersPerMinute: 10, ramp });
  });
});

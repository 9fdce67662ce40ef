import type { RolloutWish } from '../rollout/rollout-wish';
import { checkRollout } from './rollout-check';
import { widens } from './widening';

const WINDOW = { days: [1], fromMinute: 60, toMinute: 120, timezone: undefined };
const WISH: RolloutWish = {
  ...{ name: 'spring', feed: 'stable', releaseId: '7', priority: 3, mostDevices: 1000, whenTripped: 'abort' },
  ...{ inFlightCap: 50, offersPerMinute: 100, ramp: { startPerMinute: 10, doublingMs: 600_000 } },
  ...{ startAt: new Date(10_000), windows: [WINDOW] },
  waves: [{ buckets: 1000, mostDevices: 100 }, { buckets: 5000 }],
};
const definitionOf = (change: Partial<RolloutWish> = {}): ReturnType<typeof checkRollout> =>
  checkRollout({ ...WISH, ...change }, { p90Ms: undefined, salt: '1' });
const wavesOf = (
  first: object,
  second: object = {},
): { waves: [{ buckets: number; mostDevices?: number }, { buckets: number; mostDevices?: number }] } => ({
  waves: [
    { buckets: 1000, mostDevices: 100, ...first },
    { buckets: 5000, ...second },
  ],
});

const WIDER: readonly (readonly [string, Partial<RolloutWish>])[] = [
  ['a higher percentage', wavesOf({ buckets: 1001 })],
  ['a higher percentage of a later wave', wavesOf({}, { buckets: 10_000 })],
  ['a higher maximum', { mostDevices: 1001 }],
  ['no maximum any more', { mostDevices: undefined }],
  ['a higher maximum of a wave', wavesOf({ mostDevices: 101 })],
  ['no maximum of a wave any more', wavesOf({ mostDevices: undefined })],
  ['a higher cap', { inFlightCap: 51 }],
  ['no cap any more', { inFlightCap: undefined }],
  ['more offers in a minute', { offersPerMinute: 101 }],
  ['as many offers as there are devices', { offersPerMinute: undefined, ramp: undefined }],
  ['a ramp that begins higher', { ramp: { startPerMinute: 11, doublingMs: 600_000 } }],
  ['a ramp that doubles sooner', { ramp: { startPerMinute: 10, doublingMs: 599_999 } }],
  ['no ramp any more', { ramp: undefined }],
  ['a higher priority', { priority: 4 }],
  ['a lower priority: its devices may fall to another rollout', { priority: 2 }],
  ['a gate that no longer aborts', { whenTripped: 'pause' }],
  ['an earlier time', { startAt: new Date(9999) }],
  ['no time any more', { startAt: undefined }],
  ['other windows', { windows: [{ ...WINDOW, toMinute: 119 }] }],
  ['windows no more', { windows: [] }],
];

const NARROWER: readonly (readonly [string, Partial<RolloutWish>])[] = [
  ['nothing else', {}],
  ['another name', { name: 'summer' }],
  ['a lower maximum', { mostDevices: 999 }],
  ['a lower maximum of a wave', wavesOf({ mostDevices: 99 })],
  ['a maximum of a wave that had none', wavesOf({}, { mostDevices: 400 })],
  ['a lower cap', { inFlightCap: 49 }],
  ['fewer offers in a minute', { offersPerMinute: 99 }],
  ['a ramp that begins lower', { ramp: { startPerMinute: 9, doublingMs: 600_000 } }],
  ['a ramp that doubles later', { ramp: { startPerMinute: 10, doublingMs: 600_001 } }],
  ['a later time', { startAt: new Date(10_001) }],
];

describe('a change that goes beyond what was approved', () => {
  it.each(WIDER)('is %s', (_what, change) => {
    expect(widens(definitionOf(), definitionOf(change))).toBe(true);
  });

  it.each(NARROWER)('is not %s', (_what, change) => {
    expect(widens(definitionOf(), definitionOf(change))).toBe(false);
  });

  it.each([
    { mostDevices: undefined },
    { inFlightCap: undefined },
    { offersPerMinute: undefined, ramp: undefined },
    { startAt: undefined },
    { windows: [] },
    { whenTripped: 'pause' },
  ] satisfies Partial<RolloutWish>[])('is not a bound where there was none: %j', (none) => {
    expect(widens(definitionOf(none), definitionOf())).toBe(false);
  });
});

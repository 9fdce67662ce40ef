import { RolloutWindows, type RolloutWindow } from './rollout-window';

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const at = (text: string): number => Date.parse(text);
const ahead = (text: string): unknown => ({ kind: 'ahead', opensAtMs: at(text) });
const open = (text: string): unknown => ({ kind: 'open', closesAtMs: at(text) });
const night = (changes: Partial<RolloutWindow> = {}): RolloutWindow => ({
  ...{ days: EVERY_DAY, fromMinute: 60, toMinute: 240, timezone: 'Europe/Berlin' },
  ...changes,
});
const windows = (...all: RolloutWindow[]): RolloutWindows => new RolloutWindows(all);

describe('a window from one to four in the night, in Berlin', () => {
  const berlin = windows(night());

  it.each([
    ['is shut on a winter noon', '2026-01-15T12:00:00Z', ahead('2026-01-16T00:00:00Z')],
    ['opens an hour earlier in summer', '2026-07-15T12:00:00Z', ahead('2026-07-15T23:00:00Z')],
    ['loses the hour that is skipped in spring', '2026-03-29T00:00:00Z', open('2026-03-29T02:00:00Z')],
    ['has the hour that is repeated in autumn', '2026-10-24T23:00:00Z', open('2026-10-25T03:00:00Z')],
    ['opens on leap day', '2024-02-28T12:00:00Z', ahead('2024-02-29T00:00:00Z')],
    ['closes on leap day', '2024-02-29T01:00:00Z', open('2024-02-29T03:00:00Z')],
    ["opens on New Year's Day", '2026-12-31T12:00:00Z', ahead('2027-01-01T00:00:00Z')],
  ])('%s', (_what, now, state) => {
    expect(berlin.stateAt(undefined, at(now))).toEqual(state);
  });

  it('answers the same when the clock jumps an hour to and fro', () => {
    const shared = windows(night());
    for (const now of ['00:30', '01:30', '00:30', '23:30', '00:30', '03:30', '02:30', '03:30']) {
      const nowMs = at(`2026-10-25T${now}:00Z`);
      expect(shared.stateAt(undefined, nowMs)).toEqual(windows(night()).stateAt(undefined, nowMs));
    }
  });

  it('does not ask for the zone of the device', () => {
    expect(berlin.asksForZone).toBe(false);
    expect(berlin.stateAt('Asia/Tokyo', at('2026-01-15T12:00:00Z'))).toEqual(ahead('2026-01-16T00:00:00Z'));
  });
});

describe('a window half past two to three, in Berlin', () => {
  const short = windows(night({ fromMinute: 150, toMinute: 180 }));

  it('does not come in the night in which its hour is skipped', () => {
    expect(short.stateAt(undefined, at('2026-03-28T12:00:00Z'))).toEqual(ahead('2026-03-30T00:30:00Z'));
  });

  it('comes twice in the night in which its hour is', () => {
    expect(short.stateAt(undefined, at('2026-10-25T00:30:00Z'))).toEqual(open('2026-10-25T01:00:00Z'));
    expect(short.stateAt(undefined, at('2026-10-25T01:00:00Z'))).toEqual(ahead('2026-10-25T01:30:00Z'));
    expect(short.stateAt(undefined, at('2026-10-25T01:30:00Z'))).toEqual(open('2026-10-25T02:00:00Z'));
  });
});

describe("a window by each device's own clock", () => {
  const own = windows(night({ timezone: undefined }));

  it.each([
    [undefined, '2026-11-22T01:00:00Z'],
    ['Z', '2026-11-22T01:00:00Z'],
    ['nowhere', '2026-11-22T01:00:00Z'],
    ['Europe/Berlin', '2026-11-22T00:00:00Z'],
    ['Pacific/Apia', '2026-11-22T12:00:00Z'],
    ['Pacific/Marquesas', '2026-11-22T10:30:00Z'],
    ['Asia/Kolkata', '2026-11-21T19:30:00Z'],
    ['+05:45', '2026-11-21T19:15:00Z'],
  ])('opens in %s at %s', (timezone, opensAt) => {
    expect(own.asksForZone).toBe(true);
    expect(own.stateAt(timezone, at('2026-11-21T18:00:00Z'))).toEqual(ahead(opensAt));
  });

  it('is missing on the day that Samoa left out', () => {
    expect(own.stateAt('Pacific/Apia', at('2011-12-29T20:00:00Z'))).toEqual(ahead('2011-12-30T11:00:00Z'));
  });
});

describe('several windows', () => {
  it('over midnight belong to the day on which they open', () => {
    const fridays = windows(night({ days: [5], fromMinute: 22 * 60, toMinute: 120, timezone: 'Z' }));
    expect(fridays.stateAt(undefined, at('2026-11-28T01:00:00Z'))).toEqual(open('2026-11-28T02:00:00Z'));
    expect(fridays.stateAt(undefined, at('2026-11-29T01:00:00Z'))).toEqual(ahead('2026-12-04T22:00:00Z'));
  });

  it('of the same time to the same time last a day', () => {
    const mondays = windows(night({ days: [1], fromMinute: 600, toMinute: 600, timezone: 'Z' }));
    expect(mondays.stateAt(undefined, at('2026-11-23T10:00:00Z'))).toEqual(open('2026-11-24T10:00:00Z'));
  });

  it('of several walls close when the last of those that follow each other does', () => {
    const two = windows(
      night({ fromMinute: 0, toMinute: 180, timezone: 'Z' }),
      night({ fromMinute: 180, toMinute: 300 }),
    );
    expect(two.stateAt(undefined, at('2026-11-21T01:00:00Z'))).toEqual(open('2026-11-21T04:00:00Z'));
    expect(two.stateAt(undefined, at('2026-11-21T12:00:00Z'))).toEqual(ahead('2026-11-22T00:00:00Z'));
  });

  it('that are all the time never close', () => {
    const always = windows(night({ fromMinute: 0, toMinute: 1440 }));
    expect(always.stateAt(undefined, at('2026-11-21T12:00:00Z'))).toEqual({
      kind: 'open',
      closesAtMs: Infinity,
    });
  });

  it('on no day, or in a zone that is none, never open', () => {
    const never = { kind: 'over' };
    expect(windows(night({ days: [] })).stateAt(undefined, at('2026-11-21T12:00:00Z'))).toEqual(never);
    expect(windows(night({ timezone: 'nowhere' })).stateAt(undefined, at('2026-11-21T12:00:00Z'))).toEqual(
      never,
    );
  });

  it('are remembered for thousands of zones that devices make up, and no more', () => {
    const own = windows(night({ timezone: undefined }));
    const nowMs = at('2026-11-21T12:00:00Z');
    for (let index = 0; index < 5000; index += 1)
      expect(own.stateAt(`zone ${index}`, nowMs)).toEqual(ahead('2026-11-22T01:00:00Z'));
    expect(own.stateAt('Europe/Berlin', nowMs)).toEqual(ahead('2026-11-22T00:00:00Z'));
  });
});

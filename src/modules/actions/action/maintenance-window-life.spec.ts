import { windowAt, type MaintenanceWindow } from './maintenance-window';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

function aWindow(schedule: string, timezone = '+00:00', durationMs = HOUR_MS): MaintenanceWindow {
  return { schedule, durationMs, timezone };
}

/** `open until …`, `ahead at …` or `over`. */
function stateAt(window: MaintenanceWindow, at: string): string {
  const state = windowAt(window, Date.parse(at));
  if (state.kind === 'over') return 'over';
  return state.kind === 'open' ? `open until ${utc(state.closesAtMs)}` : `ahead at ${utc(state.opensAtMs)}`;
}

/** Stands where it is put, and goes on only when told. */
class StandingClock {
  constructor(private atMs: number) {}

  epochMs(): number {
    return this.atMs;
  }

  advance(byMs: number): void {
    this.atMs += byMs;
  }
}

/**
 * What a device that polls every minute finds: from when to when the window was open. What is announced first, when the
 * window opens or when it closes, must be what comes.
 */
function lifeOf(window: MaintenanceWindow, clock: StandingClock, until: string): string[] {
  const life: string[] = [];
  let announced = windowAt(window, clock.epochMs());
  let openedAt = '';
  while (clock.epochMs() < Date.parse(until)) {
    clock.advance(MINUTE_MS);
    const state = windowAt(window, clock.epochMs());
    if (state.kind === announced.kind) continue;
    if (state.kind === 'open') {
      expect(announced).toEqual({ kind: 'ahead', opensAtMs: clock.epochMs() });
      openedAt = utc(clock.epochMs());
    } else {
      expect(announced).toEqual({ kind: 'open', closesAtMs: clock.epochMs() });
      life.push(`${openedAt} to ${utc(clock.epochMs())}`);
    }
    announced = state;
  }
  return life;
}

describe("a maintenance window's life over a daylight-saving change, leap days and the year's end", () => {
  const spring = { from: '2026-03-28T00:00:00Z', until: '2026-03-31T00:00:00Z' };
  const autumn = { from: '2026-10-24T00:00:00Z', until: '2026-10-27T00:00:00Z' };

  it.each([
    [
      'spring, a start in the skipped hour: opens at the first moment after it',
      { ...spring, window: aWindow('0 30 2 * * ?', 'Europe/Berlin') },
      [
        '2026-03-28T01:30 to 2026-03-28T02:30',
        '2026-03-29T01:00 to 2026-03-29T02:00',
        '2026-03-30T00:30 to 2026-03-30T01:30',
      ],
    ],
    [
      'spring, a fixed offset: no change',
      { ...spring, window: aWindow('0 30 2 * * ?', '+01:00') },
      [
        '2026-03-28T01:30 to 2026-03-28T02:30',
        '2026-03-29T01:30 to 2026-03-29T02:30',
        '2026-03-30T01:30 to 2026-03-30T02:30',
      ],
    ],
    [
      'spring, over the skipped hour: stays open for as long as ever',
      { ...spring, window: aWindow('0 30 1 * * ?', 'Europe/Berlin') },
      [
        '2026-03-28T00:30 to 2026-03-28T01:30',
        '2026-03-29T00:30 to 2026-03-29T01:30',
        '2026-03-29T23:30 to 2026-03-30T00:30',
      ],
    ],
    [
      'spring, several starts in the skipped hour: one window, after it',
      { ...spring, window: aWindow('0 0/20 2 29 3 ?', 'Europe/Berlin', 10 * MINUTE_MS) },
      ['2026-03-29T01:00 to 2026-03-29T01:10'],
    ],
    [
      'spring, every hour: goes on as the hours pass',
      {
        from: spring.from,
        until: '2026-03-29T04:00:00Z',
        window: aWindow('0 30 * 29 3 ?', 'Europe/Berlin', 600_000),
      },
      [
        '2026-03-28T23:30 to 2026-03-28T23:40',
        '2026-03-29T00:30 to 2026-03-29T00:40',
        '2026-03-29T01:30 to 2026-03-29T01:40',
        '2026-03-29T02:30 to 2026-03-29T02:40',
        '2026-03-29T03:30 to 2026-03-29T03:40',
      ],
    ],
    [
      'autumn, a start in the repeated hour: opens once, the first time',
      { ...autumn, window: aWindow('0 30 2 * * ?', 'Europe/Berlin', 20 * MINUTE_MS) },
      [
        '2026-10-24T00:30 to 2026-10-24T00:50',
        '2026-10-25T00:30 to 2026-10-25T00:50',
        '2026-10-26T01:30 to 2026-10-26T01:50',
      ],
    ],
    [
      'autumn, a fixed offset: no change',
      { ...autumn, window: aWindow('0 30 2 * * ?', '+02:00', 20 * MINUTE_MS) },
      [
        '2026-10-24T00:30 to 2026-10-24T00:50',
        '2026-10-25T00:30 to 2026-10-25T00:50',
        '2026-10-26T00:30 to 2026-10-26T00:50',
      ],
    ],
    [
      'autumn, over the repeated hour: closes while the clock shows it for the second time',
      { ...autumn, window: aWindow('0 15 2 25 10 ?', 'Europe/Berlin', 90 * MINUTE_MS) },
      ['2026-10-25T00:15 to 2026-10-25T01:45'],
    ],
    [
      'autumn, every hour: opens in both',
      {
        from: autumn.from,
        until: '2026-10-25T03:00:00Z',
        window: aWindow('0 0 * 25 10 ?', 'Europe/Berlin', 600_000),
      },
      [
        '2026-10-24T22:00 to 2026-10-24T22:10',
        '2026-10-24T23:00 to 2026-10-24T23:10',
        '2026-10-25T00:00 to 2026-10-25T00:10',
        '2026-10-25T01:00 to 2026-10-25T01:10',
        '2026-10-25T02:00 to 2026-10-25T02:10',
      ],
    ],
    [
      'the southern spring (Sydney, October)',
      {
        from: '2026-10-02T00:00:00Z',
        until: '2026-10-05T00:00:00Z',
        window: aWindow('0 30 2 * * ?', 'Australia/Sydney'),
      },
      [
        '2026-10-02T16:30 to 2026-10-02T17:30',
        '2026-10-03T16:00 to 2026-10-03T17:00',
        '2026-10-04T15:30 to 2026-10-04T16:30',
      ],
    ],
    [
      'the southern autumn (Sydney, April)',
      {
        from: '2026-04-03T12:00:00Z',
        until: '2026-04-06T00:00:00Z',
        window: aWindow('0 30 2 * * ?', 'Australia/Sydney', 20 * MINUTE_MS),
      },
      [
        '2026-04-03T15:30 to 2026-04-03T15:50',
        '2026-04-04T15:30 to 2026-04-04T15:50',
        '2026-04-05T16:30 to 2026-04-05T16:50',
      ],
    ],
    [
      'a southern spring that skips midnight (Santiago)',
      {
        from: '2026-09-05T00:00:00Z',
        until: '2026-09-08T00:00:00Z',
        window: aWindow('0 0 0 * * ?', 'America/Santiago'),
      },
      [
        '2026-09-05T04:00 to 2026-09-05T05:00',
        '2026-09-06T04:00 to 2026-09-06T05:00',
        '2026-09-07T03:00 to 2026-09-07T04:00',
      ],
    ],
    [
      'a change of half an hour (Lord Howe)',
      {
        from: '2026-10-03T00:00:00Z',
        until: '2026-10-05T00:00:00Z',
        window: aWindow('0 15 2 * * ?', 'Australia/Lord_Howe'),
      },
      ['2026-10-03T15:30 to 2026-10-03T16:30', '2026-10-04T15:15 to 2026-10-04T16:15'],
    ],
    [
      'a leap day',
      {
        from: '2028-02-28T00:00:00Z',
        until: '2028-03-02T00:00:00Z',
        window: aWindow('0 0 3 29 2 ?', 'Europe/Berlin'),
      },
      ['2028-02-29T02:00 to 2028-02-29T03:00'],
    ],
    [
      'over the end of a leap day',
      { from: '2028-02-28T00:00:00Z', until: '2028-03-02T00:00:00Z', window: aWindow('0 30 23 L 2 ?') },
      ['2028-02-29T23:30 to 2028-03-01T00:30'],
    ],
    [
      "over the year's end",
      {
        from: '2026-12-31T00:00:00Z',
        until: '2027-01-02T00:00:00Z',
        window: aWindow('0 30 23 31 12 ?', 'Europe/Berlin'),
      },
      ['2026-12-31T22:30 to 2026-12-31T23:30'],
    ],
    [
      'over the end of its only year',
      {
        from: '2026-12-31T00:00:00Z',
        until: '2027-01-03T00:00:00Z',
        window: aWindow('0 30 23 * * ? 2026', '-05:00'),
      },
      ['2026-12-31T04:30 to 2026-12-31T05:30', '2027-01-01T04:30 to 2027-01-01T05:30'],
    ],
  ])('%s', (_what, { from, until, window }, life) => {
    expect(lifeOf(window, new StandingClock(Date.parse(from)), until)).toEqual(life);
  });

  it('waits for years for a leap day, and no longer than there are any', () => {
    expect(stateAt(aWindow('0 0 3 29 2 ?'), '2026-03-01T00:00:00Z')).toBe('ahead at 2028-02-29T03:00');
    expect(stateAt(aWindow('0 0 3 29 2 ?'), '2096-02-29T04:00:00Z')).toBe('over');
  });

  it('is over once its only year is', () => {
    expect(stateAt(aWindow('0 30 23 * * ? 2026'), '2027-01-01T00:00:00Z')).toBe(
      'open until 2027-01-01T00:30',
    );
    expect(stateAt(aWindow('0 30 23 * * ? 2026'), '2027-01-01T00:30:00Z')).toBe('over');
  });
});

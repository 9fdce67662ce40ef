import fc from 'fast-check';
import { windowAt, type WindowState } from './maintenance-window';

const MINUTE_MS = 60_000;
const DAYS = 6;

/** What a clock on the wall shows: minutes since 1970, were it UTC. */
type Wall = number;

interface Rule {
  readonly minutes: readonly number[];
  /** Empty: all. */
  readonly hours: readonly number[];
  /** From Sunday = 1; empty: all. */
  readonly weekdays: readonly number[];
  readonly durationMin: number;
}

/** Days around the changes of 2026, in places that make them at different hours, by different amounts, or never. */
const STRETCHES = [
  ['+00:00', '2026-06-01T00:00:00Z'],
  ['-03:30', '2026-12-29T00:00:00Z'],
  ['Europe/Berlin', '2026-03-27T00:00:00Z'],
  ['Europe/Berlin', '2026-10-23T00:00:00Z'],
  ['America/New_York', '2026-03-06T00:00:00Z'],
  ['America/New_York', '2026-10-30T00:00:00Z'],
  ['America/Santiago', '2026-09-04T00:00:00Z'],
  ['America/Santiago', '2026-04-03T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-02T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-03T00:00:00Z'],
  ['Antarctica/Troll', '2026-03-27T00:00:00Z'],
  ['Antarctica/Troll', '2026-10-23T00:00:00Z'],
].map(([timezone = '', from = '']) => ({ timezone, from }));

type Stretch = (typeof STRETCHES)[number];

/** Apart from the stretches, so that a counterexample can be read. */
const WALLS = new Map(STRETCHES.map((stretch) => [stretch, wallsOf(stretch)]));

function wallsOf({ timezone, from }: Stretch): Wall[] {
  const shown = /^[A-Z]/.test(timezone)
    ? new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' })
    : undefined;
  const offsetMs = shown === undefined ? Date.parse(from) - Date.parse(from.replace('Z', timezone)) : 0;
  return Array.from({ length: DAYS * 1440 }, (_unused, n) => {
    const atMs = Date.parse(from) + n * MINUTE_MS;
    if (shown === undefined) return (atMs + offsetMs) / MINUTE_MS;
    return Date.parse(`${shown.format(atMs).replace(' ', 'T')}Z`) / MINUTE_MS;
  });
}

function fits(rule: Rule, wall: Wall): boolean {
  const shown = new Date(wall * MINUTE_MS);
  const has = (list: readonly number[], value: number): boolean => list.length === 0 || list.includes(value);
  return (
    rule.minutes.includes(shown.getUTCMinutes()) &&
    has(rule.hours, shown.getUTCHours()) &&
    has(rule.weekdays, shown.getUTCDay() + 1)
  );
}

/** Minute by minute: does a window start? With hours given, also for what was skipped, not for what is repeated. */
function startsIn(rule: Rule, stretch: Stretch): boolean[] {
  const walls = WALLS.get(stretch)!;
  let highest = walls[0]! - 1;
  return walls.map((wall) => {
    const isNew = wall > highest;
    const skipped = isNew ? Array.from({ length: wall - highest - 1 }, (_unused, n) => highest + 1 + n) : [];
    highest = Math.max(highest, wall);
    if (rule.hours.length === 0) return fits(rule, wall);
    return (isNew && fits(rule, wall)) || skipped.some((one) => fits(rule, one));
  });
}

function openIn(rule: Rule, starts: readonly boolean[]): boolean[] {
  let closesAt = -1;
  return starts.map((isStart, at) => {
    if (isStart) closesAt = at + rule.durationMin;
    return at < closesAt;
  });
}

function scheduleOf({ minutes, hours, weekdays }: Rule): string {
  const list = (numbers: readonly number[], all: string): string =>
    numbers.length === 0 ? all : numbers.join(',');
  return `0 ${list(minutes, '*')} ${list(hours, '*')} ? * ${list(weekdays, '*')}`;
}

const some = (min: number, max: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.integer({ min, max }), { maxLength });

const rules: fc.Arbitrary<Rule> = fc.record({
  minutes: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 6 }),
  hours: fc.oneof(some(0, 23, 6), some(0, 3, 3)),
  weekdays: some(1, 7, 4),
  durationMin: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 1439 })),
});

describe('windowAt, against a scan minute by minute', () => {
  it('agrees on what is open, when it closes and when it opens', () => {
    const question = fc.record({
      rule: rules,
      stretch: fc.constantFrom(...STRETCHES),
      minutes: fc.array(fc.nat({ max: DAYS * 1440 - 1 }), { minLength: 8, maxLength: 8 }),
    });
    fc.assert(
      fc.property(question, ({ rule, stretch, minutes }) => {
        const starts = startsIn(rule, stretch);
        const open = openIn(rule, starts);
        const window = {
          schedule: scheduleOf(rule),
          durationMs: rule.durationMin * MINUTE_MS,
          timezone: stretch.timezone,
        };
        // What began before the stretch is not known to the scan: a day later it has closed.
        for (const at of minutes.map((minute) => Math.max(minute, 1440))) {
          const state = windowAt(window, Date.parse(stretch.from) + at * MINUTE_MS);
          expect(state.kind).toBe(open[at] ? 'open' : 'ahead');
          expectSameChange(state, stretch, open, at);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function expectSameChange(state: WindowState, { from }: Stretch, open: readonly boolean[], at: number): void {
  const changesAt = open.indexOf(!open[at], at);
  if (state.kind === 'over') throw new Error('these schedules are never over');
  const toldAt =
    ((state.kind === 'open' ? state.closesAtMs : state.opensAtMs) - Date.parse(from)) / MINUTE_MS;
  // What lies behind the stretch the scan cannot say; of a long row a later end is told, and not a near one.
  if (changesAt === -1 && toldAt >= open.length) return;
  if (toldAt !== changesAt) expect(state.kind === 'open' && open[toldAt] && toldAt - at >= 24).toBe(true);
}

import fc from 'fast-check';
import { anActionStatus } from '../../../../test/support/a-action-status';
import { DEFAULT_DEADLINES } from '../../tenants/deadlines';
import { ACTION_STATES, isEnded, type ActionState } from './action';
import { dueAt, expiryOf, exposedDue, giveUpAt, onGrid, type Pending } from './deadline';
import type { MaintenanceWindow } from './maintenance-window';
import { transition } from './transition';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 10, 20, 12);
/** Opens at two in the night for an hour. */
const NIGHTLY: MaintenanceWindow = { schedule: '0 0 2 * * ? *', durationMs: HOUR_MS, timezone: '+00:00' };

function pending(changes: Partial<Pending> = {}): Pending {
  return {
    state: 'offered',
    assignmentId: undefined,
    window: undefined,
    giveUpAt: undefined,
    sinceMs: NOW,
    ...changes,
  };
}

const due = (changes: Partial<Pending>): number =>
  (dueAt(pending(changes), DEFAULT_DEADLINES)?.getTime() ?? Number.NaN) - NOW;

describe('expiryOf', () => {
  it.each(ACTION_STATES)('%s: there is one unless it is an end, and it ends the action', (state) => {
    const event = expiryOf(state);
    expect(event === undefined).toBe(isEnded(state));
    if (event === undefined) return;
    const step = transition(anActionStatus({ state }), event);
    expect(step).toMatchObject({ kind: 'move', endedBy: 'server' });
    expect(isEnded(step.kind === 'move' ? step.to : state)).toBe(true);
  });

  it.each(ACTION_STATES)('%s: no other deadline means anything to it', (state) => {
    const others = (['lapse', 'time-out', 'expire-cancel'] as const).filter((one) => one !== expiryOf(state));
    for (const event of others) expect(transition(anActionStatus({ state }), event).kind).toBe('refuse');
  });
});

describe('dueAt', () => {
  it.each([
    ['queued', 90 * DAY_MS],
    ['awaiting-confirmation', 30 * DAY_MS],
    ['offered', DAY_MS],
    ['retrieved', DAY_MS],
    ['downloading', DAY_MS],
    ['downloaded', DAY_MS],
    ['installing', DAY_MS],
    ['installed', 6 * HOUR_MS],
    ['cancelling', HOUR_MS],
  ] satisfies [ActionState, number][])('%s: after %i ms, a thirty-second more at most', (state, spanMs) => {
    expect(due({ state })).toBeGreaterThanOrEqual(spanMs);
    expect(due({ state })).toBeLessThan(spanMs + spanMs / 32);
  });

  it('gives an assigned action longer to be fetched', () => {
    expect(due({ assignmentId: '3' })).toBeGreaterThanOrEqual(90 * DAY_MS);
    expect(due({ assignmentId: '3', state: 'retrieved' })).toBeLessThan(2 * DAY_MS);
  });

  it('is not after the end of the whole, but for the grid', () => {
    const giveUp = new Date(NOW + 5 * HOUR_MS);
    expect(due({ state: 'installing', giveUpAt: giveUp })).toBeGreaterThanOrEqual(5 * HOUR_MS);
    expect(due({ state: 'installing', giveUpAt: giveUp })).toBeLessThan(6 * HOUR_MS);
  });

  it.each([
    ['offered', DAY_MS],
    ['queued', 90 * DAY_MS],
    ['retrieved', DAY_MS],
    ['downloaded', DAY_MS],
  ] as const)('%s: begins when the maintenance window opens', (state, spanMs) => {
    expect(due({ state, window: NIGHTLY })).toBeGreaterThanOrEqual(spanMs + 14 * HOUR_MS);
  });

  it.each(['installed', 'cancelling', 'awaiting-confirmation'] as const)('%s', (state) => {
    const waits = state === 'awaiting-confirmation';
    expect(due({ state, window: NIGHTLY }) > due({ state })).toBe(waits);
  });

  it('is undefined for an end', () => {
    expect(dueAt(pending({ state: 'confirmed' }), DEFAULT_DEADLINES)).toBeUndefined();
  });
});

describe('giveUpAt', () => {
  it('is so long after the fetch, or after the window opens', () => {
    expect(giveUpAt(undefined, NOW, DEFAULT_DEADLINES).getTime()).toBe(NOW + 7 * DAY_MS);
    expect(giveUpAt(NIGHTLY, NOW, DEFAULT_DEADLINES).getTime()).toBe(NOW + 7 * DAY_MS + 14 * HOUR_MS);
  });
});

describe('onGrid', () => {
  it('is never before, less than a thirty-second after, and the same for neighbours', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.integer({ min: 1000, max: 366 * DAY_MS }), (atMs, spanMs) => {
        const grid = Math.max(1000, Math.floor(spanMs / 32));
        const at = onGrid(atMs, spanMs);
        expect(at).toBeGreaterThanOrEqual(atMs);
        expect(at - atMs).toBeLessThan(grid);
        expect(onGrid(at, spanMs)).toBe(at);
      }),
    );
  });

  it('has steps of a second at least', () => {
    expect(onGrid(1, 1000)).toBe(1000);
  });
});

describe('exposedDue', () => {
  it('is as long as for an assignment, or for the consent to it', () => {
    const { offered, asked } = exposedDue(DEFAULT_DEADLINES, new Date(NOW));
    expect(offered.getTime() - NOW).toBe(due({ assignmentId: '1' }));
    expect(asked.getTime() - NOW).toBe(due({ state: 'awaiting-confirmation' }));
  });
});

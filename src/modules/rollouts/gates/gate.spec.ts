import fc from 'fast-check';
import {
  actOf,
  countsOf,
  needsRemaining,
  NOTHING_ACKNOWLEDGED,
  passOf,
  sumOf,
  tripOf,
  wholeOf,
  type Footing,
} from './gate';
import { ROLLOUT_STATES } from '../rollout/rollout';
import { DEFAULT_GATE, type Gate } from '../rollout/wave';

const NOW = new Date('2026-03-01T12:00:00Z');

function gate(changes: Partial<Gate> = {}): Gate {
  return { ...DEFAULT_GATE, ...changes };
}

function footing(confirmed: number, failures = 0, changes: Partial<Footing> = {}): Footing {
  const finished = confirmed + failures;
  return {
    counts: { admitted: finished, confirmed, failures, finished },
    acknowledged: NOTHING_ACKNOWLEDGED,
    remaining: undefined,
    meansAnybody: true,
    soakSince: undefined,
    now: NOW,
    ...changes,
  };
}

const aShare = fc.integer({ min: 0, max: 10_000 });
const aSample = fc.integer({ min: 1, max: 200 });
const someDevices = fc.nat(500);
const aJudgement = fc
  .record({ failureShare: aShare, sample: aSample, failures: someDevices, successes: someDevices })
  .map(({ failures, successes, ...rest }) => ({
    gate: rest,
    counts: { failures, finished: failures + successes },
  }));

describe('counting', () => {
  it('takes failed, timed out and lost devices for failures and leaves out what says nothing', () => {
    const counts = countsOf([
      ['confirmed', 5],
      ['failed', 1],
      ['timed-out', 2],
      ['lost', 3],
      ['cancelled', 10],
      ['lapsed', 10],
      ['withdrawn', 10],
      ['installing', 4],
      ['installed', 4],
    ]);
    expect(counts).toEqual({ admitted: 49, confirmed: 5, failures: 6, finished: 11 });
  });

  it('counts a whole as the sum of its parts', () => {
    const aCount = fc.record({
      admitted: someDevices,
      confirmed: someDevices,
      failures: someDevices,
      finished: someDevices,
    });
    fc.assert(
      fc.property(fc.array(aCount), fc.array(aCount), (some, others) => {
        expect(sumOf([...some, ...others])).toEqual(sumOf([sumOf(some), sumOf(others)]));
      }),
    );
    expect(sumOf([])).toEqual(countsOf([]));
  });

  it('judges a whole rollout by the largest share and the largest sample', () => {
    const waves = [gate({ failureShare: 500, sample: 50 }), gate({ failureShare: 2000, sample: 10 })];
    expect(wholeOf(waves)).toEqual({ failureShare: 2000, sample: 50 });
  });
});

describe('a gate that closes', () => {
  it.each([
    [5, 5, false],
    [6, 6, true],
    [5, 20, false],
    [6, 20, true],
    [6, 24, false],
    [7, 24, true],
    [7, 28, false],
  ])('at 25 % of at least 20: %i failures of %i finished, tripped: %s', (failures, finished, isTripped) => {
    expect(tripOf(gate(), { failures, finished }, NOTHING_ACKNOWLEDGED) !== undefined).toBe(isTripped);
  });

  it('closes exactly when failures are more than the share of what is finished, or of the sample', () => {
    fc.assert(
      fc.property(aJudgement, ({ gate: { failureShare, sample }, counts }) => {
        const line = BigInt(failureShare) * BigInt(Math.max(counts.finished, sample));
        const trip = tripOf({ failureShare, sample }, counts, NOTHING_ACKNOWLEDGED);
        expect(trip !== undefined).toBe(BigInt(counts.failures) * 10_000n > line);
        if (trip !== undefined) expect(trip.failures).toBeGreaterThan(trip.bearable);
      }),
    );
  });

  it('stays closed with one failure more, and stays open with one success more', () => {
    fc.assert(
      fc.property(aJudgement, ({ gate: one, counts: { failures, finished } }) => {
        const trip = tripOf(one, { failures, finished }, NOTHING_ACKNOWLEDGED);
        const more = { failures: failures + 1, finished: finished + 1 };
        const better = { failures, finished: finished + 1 };
        if (trip === undefined) expect(tripOf(one, better, NOTHING_ACKNOWLEDGED)).toBeUndefined();
        else if (one.failureShare < 10_000) expect(tripOf(one, more, NOTHING_ACKNOWLEDGED)).toBeDefined();
      }),
    );
  });

  it('is open again after everything was acknowledged, and judges what comes then as if it were new', () => {
    fc.assert(
      fc.property(aJudgement, aJudgement, ({ gate: one, counts: past }, { counts: since }) => {
        expect(tripOf(one, past, past)).toBeUndefined();
        const both = {
          failures: past.failures + since.failures,
          finished: past.finished + since.finished,
        };
        expect(tripOf(one, both, past)).toEqual(tripOf(one, since, NOTHING_ACKNOWLEDGED));
      }),
    );
  });

  it('never closes at a share of 100 %, not even for devices that were lost after their success was acknowledged', () => {
    const never = { failureShare: 10_000, sample: 1 };
    expect(tripOf(never, { failures: 10, finished: 10 }, { failures: 0, finished: 10 })).toBeUndefined();
    fc.assert(
      fc.property(aJudgement, ({ counts }) => {
        expect(tripOf(never, counts, NOTHING_ACKNOWLEDGED)).toBeUndefined();
      }),
    );
  });

  it('tells how many failures it would have borne', () => {
    const counts = { failures: 6, finished: 40 };
    const trip = tripOf({ failureShare: 1000, sample: 20 }, counts, NOTHING_ACKNOWLEDGED);
    expect(trip).toEqual({ ...counts, bearable: 4 });
  });

  it('closes with the first failure at a share of 0', () => {
    expect(
      tripOf({ failureShare: 0, sample: 100 }, { failures: 1, finished: 1 }, NOTHING_ACKNOWLEDGED),
    ).toEqual({ failures: 1, finished: 1, bearable: 0 });
  });
});

describe('what a rollout does about it', () => {
  it.each(ROLLOUT_STATES.map((state) => [state]))('in state %s', (state) => {
    const isInForce = ['running', 'paused', 'finished'].includes(state);
    const told = (
      haltedBy: 'failures' | 'server' | undefined,
      whenTripped: 'pause' | 'abort',
      kind: 'failures' | 'server',
    ) => actOf({ state, haltedBy, whenTripped }, kind);
    const [paused, aborted] = isInForce ? ['pause', 'abort'] : [];
    expect(told(undefined, 'pause', 'failures')).toBe(paused);
    expect(told(undefined, 'abort', 'failures')).toBe(aborted);
    expect(told(undefined, 'abort', 'server')).toBe(paused);
    expect(told('failures', 'pause', 'failures')).toBeUndefined();
    expect(told('failures', 'abort', 'server')).toBeUndefined();
    expect(told('failures', 'abort', 'failures')).toBe(aborted);
    expect(told('server', 'abort', 'server')).toBeUndefined();
    // A failure of ours hides no bad release from whoever resumes it.
    expect(told('server', 'pause', 'failures')).toBe(paused);
  });
});

describe('a gate that opens', () => {
  it('waits for the sample', () => {
    expect(passOf(gate(), footing(19))).toEqual({ kind: 'too-few-admitted', missing: 1 });
    expect(passOf(gate(), footing(20))).toEqual({ kind: 'open' });
  });

  it('is content with fewer when nobody else is there', () => {
    expect(passOf(gate(), footing(3, 0, { remaining: 0 }))).toEqual({ kind: 'open' });
    expect(passOf(gate(), footing(3, 0, { remaining: 2 }))).toEqual({ kind: 'too-few-admitted', missing: 2 });
    expect(passOf(gate(), footing(0, 0, { remaining: 0 }))).toEqual({ kind: 'open' });
  });

  it('stays shut for a rollout that means nobody at all', () => {
    const empty = footing(0, 0, { remaining: 0, meansAnybody: false });
    expect(passOf(gate(), empty)).toEqual({ kind: 'empty' });
  });

  it('waits for its share of confirmed devices among the admitted', () => {
    expect(passOf(gate(), footing(17, 3))).toEqual({ kind: 'too-few-confirmed', missing: 1 });
    expect(passOf(gate(), footing(18, 2))).toEqual({ kind: 'open' });
  });

  it('leaves out failures that were acknowledged', () => {
    const acknowledged = { failures: 10, finished: 10 };
    expect(passOf(gate(), footing(20, 10, { acknowledged }))).toEqual({ kind: 'open' });
    expect(passOf(gate(), footing(20, 10))).toEqual({ kind: 'too-few-confirmed', missing: 7 });
  });

  it('lets all that soak as long as it says', () => {
    const soaking = gate({ soakMs: 60_000 });
    const since = new Date(NOW.getTime() - 59_999);
    expect(passOf(soaking, footing(20))).toEqual({ kind: 'soaking', since: NOW });
    expect(passOf(soaking, footing(20, 0, { soakSince: since }))).toEqual({ kind: 'soaking', since });
    const long = new Date(NOW.getTime() - 60_000);
    expect(passOf(soaking, footing(20, 0, { soakSince: long }))).toEqual({ kind: 'open' });
  });

  it('waits for an operator when it is manual, however well all goes', () => {
    expect(passOf(gate({ isManual: true }), footing(1000))).toEqual({ kind: 'manual' });
  });

  it.each([
    { admitted: 19, confirmed: 18, needs: true },
    { admitted: 20, confirmed: 20, needs: false },
    { admitted: 19, confirmed: 0, needs: false },
  ])('asks who else is there: $needs with $confirmed of $admitted', ({ admitted, confirmed, needs }) => {
    const counts = { admitted, confirmed, failures: 0, finished: confirmed };
    expect(needsRemaining(gate(), footing(0, 0, { counts }))).toBe(needs);
  });

  it('opens only for enough admitted, enough confirmed and a soak that is over', () => {
    const aFooting = fc.record({
      confirmed: someDevices,
      failures: someDevices,
      underWay: fc.nat(50),
      remaining: fc.option(fc.nat(3), { nil: undefined }),
      soakedMs: fc.option(fc.nat(2000), { nil: undefined }),
    });
    const aGate = fc.record({ successShare: aShare, sample: aSample, soakMs: fc.nat(2000) });
    fc.assert(
      fc.property(aGate, aFooting, (wanted, { confirmed, failures, underWay, remaining, soakedMs }) => {
        const admitted = confirmed + failures + underWay;
        const counts = { admitted, confirmed, failures, finished: confirmed + failures };
        const soakSince = soakedMs === undefined ? undefined : new Date(NOW.getTime() - soakedMs);
        const there = footing(0, 0, { counts, remaining, soakSince });
        const isOpen = passOf({ ...wanted, isManual: false }, there).kind === 'open';
        const population = remaining === undefined ? Infinity : admitted + remaining;
        expect(isOpen).toBe(
          admitted >= Math.min(wanted.sample, population) &&
            confirmed * 10_000 >= wanted.successShare * admitted &&
            (soakedMs ?? 0) >= wanted.soakMs,
        );
        if (!isOpen || admitted >= wanted.sample) return;
        expect(needsRemaining(wanted, there)).toBe(true);
      }),
    );
  });
});

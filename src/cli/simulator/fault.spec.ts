import { FAULTS, FaultPlan, STEPS, type FaultRates } from './fault';

const ALL: FaultRates = Object.fromEntries(FAULTS.map((fault) => [fault, 20]));

describe('FaultPlan', () => {
  it('draws the same faults at the same steps for the same seed, device and update', () => {
    const seen = (plan: FaultPlan): unknown =>
      FAULTS.map((fault) => [
        plan.has(fault),
        plan.shareOf(fault),
        STEPS.filter((s) => plan.strikes(fault, s)),
      ]);
    expect(seen(new FaultPlan(1, 'sim-3', 1, ALL))).toEqual(seen(new FaultPlan(1, 'sim-3', 1, ALL)));
  });

  it('keeps the draws of the others when one rate changes', () => {
    for (let device = 0; device < 200; device += 1) {
      const more = new FaultPlan(1, `sim-${device}`, 1, { ...ALL, fail: 90 });
      const less = new FaultPlan(1, `sim-${device}`, 1, ALL);
      expect(more.faults.filter((fault) => fault !== 'fail')).toEqual(
        less.faults.filter((fault) => fault !== 'fail'),
      );
    }
  });

  it('befalls about the share of updates that the rate says', () => {
    const hit = Array.from({ length: 10_000 }, (_, n) => new FaultPlan(1, `sim-${n}`, 1, { cut: 2 })).filter(
      (plan) => plan.has('cut'),
    );
    expect(hit.length).toBeGreaterThan(150);
    expect(hit.length).toBeLessThan(250);
  });

  it('strikes once, at one step', () => {
    const plan = new FaultPlan(1, 'sim-1', 1, { silent: 100 });
    const strikes = [...STEPS, ...STEPS].filter((step) => plan.strikes('silent', step));
    expect(strikes).toHaveLength(1);
    expect(plan.strikesOnce('silent')).toBe(false);
  });
});

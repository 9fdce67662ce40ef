import fc from 'fast-check';
import { aCandidate } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave } from '../../../../test/support/a-plan';
import { resolve } from './resolve';

const NOW = new Date('2026-11-21T12:00:00Z');
const RUNS = { numRuns: 600 };

describe('raising the share of a wave', () => {
  it('removes nobody', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(10_000), fc.nat(10_000), (controllerId, one, other) => {
        const reached = (buckets: number): boolean => {
          const plan = aPlan({ rollouts: [aRollout({ waves: [aWave(1, buckets)] })] });
          return resolve(aCandidate({ controllerId }), plan, NOW).decision.kind === 'offer';
        };
        if (reached(Math.min(one, other))) expect(reached(Math.max(one, other))).toBe(true);
      }),
      RUNS,
    );
  });

  it('reaches nobody at 0 and everybody at 10 000', () => {
    fc.assert(
      fc.property(fc.string(), (controllerId) => {
        const at = (buckets: number): string => {
          const plan = aPlan({
            releases: [aRelease()],
            rollouts: [aRollout({ waves: [aWave(1, buckets)] })],
          });
          return resolve(aCandidate({ controllerId }), plan, NOW).decision.kind;
        };
        expect([at(0), at(10_000)]).toEqual(['nothing', 'offer']);
      }),
      { numRuns: 500 },
    );
  });
});

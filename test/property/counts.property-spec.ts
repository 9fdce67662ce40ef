import fc from 'fast-check';
import { someActs } from './support/acts';
import { aCast, someWaves } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS } from './support/holds';
import { CountingPlayer } from './support/watching-players';

const company = new Company();
afterAll(() => company.close());

const few = { least: 3, most: 6 };
const some = { least: 1, most: 3 };

describe(`B9 ${INVARIANTS.B9}`, () => {
  holds('B9', 'after every turn, late and repeated reports and corrections included', {
    of: fc.record({
      cast: aCast({
        ...{ devices: few, rollouts: some },
        device: { model: fc.constant('board' as const) },
        rollout: {
          waves: someWaves,
          cap: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
          attempts: fc.constantFrom(1, 2, 3),
        },
      }),
      acts: someActs({
        habits: {
          poll: 3,
          update: 8,
          report: 6,
          'show-version': 2,
          'answer-cancel': 2,
          cancel: 2,
          say: 2,
          wait: 2,
          'at-once': 6,
        },
      }),
    }),
    faults: async (script) => company.watch(script, CountingPlayer),
    meets: ['counters', 'action.ended', 'action.corrected'],
  });
});

import fc from 'fast-check';
import { someActs } from './support/acts';
import { aCast, someWaves } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS } from './support/holds';
import { ExplainingPlayer, JudgingPlayer } from './support/watching-players';

const company = new Company();
afterAll(() => company.close());

const few = { least: 3, most: 6 };
const some = { least: 1, most: 3 };

describe(`B12 ${INVARIANTS.B12}`, () => {
  holds('B12', 'explain on one instance and the poll on the other agree', {
    of: fc.record({
      cast: aCast({
        ...{ devices: few, rollouts: some, device: {} },
        rollout: { waves: someWaves, cap: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }) },
      }),
      acts: someActs({
        habits: {
          poll: 14,
          update: 4,
          report: 2,
          'answer-cancel': 1,
          'change-device': 4,
          say: 3,
          assign: 2,
          stop: 1,
          wait: 2,
          'at-once': 2,
        },
        verbs: ['start', 'pause', 'resume', 'resume', 'advance', 'abort'],
      }),
    }),
    faults: async (script) => company.watch(script, ExplainingPlayer),
    meets: ['explained nothing', 'explained offer', 'explained continue', 'explained withdraw'],
  });
});

describe(`B13 ${INVARIANTS.B13}`, () => {
  holds('B13', 'a poll decides by the plan and the row of its very moment, on whichever instance', {
    of: fc.record({
      cast: aCast({ devices: few, rollouts: some, device: {}, rollout: { waves: someWaves } }),
      acts: someActs({
        habits: {
          poll: 14,
          update: 2,
          'change-device': 4,
          say: 6,
          stop: 2,
          'change-rollout': 2,
          wait: 1,
          'at-once': 2,
        },
        verbs: ['start', 'pause', 'resume', 'resume', 'advance', 'abort', 'close'],
      }),
    }),
    faults: async (script) => company.watch(script, JudgingPlayer),
    meets: ['decided nothing', 'decided offer', 'decided continue', 'decided withdraw'],
  });
});

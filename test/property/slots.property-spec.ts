import fc from 'fast-check';
import { aRolloutPatch, MINUTE_MS, someActs } from './support/acts';
import { aCast, someWaves } from './support/cast';
import { holds, INVARIANTS } from './support/holds';
import { Company } from './support/company';

const company = new Company();
afterAll(() => company.close());

describe(`B1 ${INVARIANTS.B1}`, () => {
  const script = fc.record({
    cast: aCast({
      devices: { least: 4, most: 8 },
      rollouts: { least: 1, most: 2 },
      device: { model: fc.constant('board'), feed: fc.constant(0) },
      rollout: {
        cap: fc.integer({ min: 1, max: 4 }),
        feed: fc.constant(0),
        release: fc.constantFrom(0, 1),
        isStarted: fc.constant(true),
        attempts: fc.constant(3),
      },
    }),
    acts: someActs({
      habits: {
        poll: 4,
        update: 6,
        report: 2,
        'change-rollout': 2,
        cancel: 1,
        say: 1,
        wait: 1,
        'at-once': 6,
      },
      patches: fc.record({ cap: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }) }),
      verbs: ['resume', 'pause', 'resume', 'start'],
      words: ['success', 'success', 'success', 'failure'],
      waits: fc.integer({ min: 1, max: 30 * MINUTE_MS }),
    }),
  });

  holds('B1', 'in the order of commits no admission takes a slot that is not there', {
    of: script,
    faults: async (one) => (await company.play(one)).faults,
    meets: ['actions', 'action.ended'],
  });
});

describe(`B2 ${INVARIANTS.B2}`, () => {
  const script = fc.record({
    cast: aCast({
      devices: { least: 4, most: 8 },
      rollouts: { least: 1, most: 2 },
      device: { model: fc.constant('board'), feed: fc.constant(0) },
      rollout: {
        mostDevices: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        waves: someWaves,
        feed: fc.constant(0),
        release: fc.constantFrom(0, 1),
      },
    }),
    acts: someActs({
      habits: { poll: 6, update: 6, 'change-rollout': 2, say: 2, wait: 1, 'at-once': 6 },
      patches: aRolloutPatch,
      verbs: ['advance', 'advance', 'resume', 'start'],
    }),
  });

  holds('B2', 'whoever is admitted belongs to its wave, and they are no more than the maximum', {
    of: script,
    faults: async (one) => (await company.play(one)).faults,
    meets: ['actions'],
  });
});

import fc from 'fast-check';
import { someActs, type Act, type SingleAct } from './support/acts';
import { aCast, BUSY } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS, RUNS } from './support/holds';
import { ListeningPlayer } from './support/watching-players';
import type { Story } from './support/story';

const company = new Company();
afterAll(() => company.close());

const few = { least: 2, most: 4 };
const some = { least: 1, most: 3 };

describe(`B6 ${INVARIANTS.B6}`, () => {
  holds('B6', 'whatever is assigned and offered at once', {
    runs: RUNS / 2,
    of: fc.record({
      cast: aCast({ devices: few, rollouts: some, rollout: {}, device: {} }),
      acts: someActs({
        habits: {
          poll: 4,
          update: 3,
          report: 2,
          'answer-cancel': 3,
          assign: 4,
          'change-device': 1,
          'at-once': 10,
        },
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['assignment.created', 'action.ended'],
  });

  const assignment = fc.record({
    does: fc.constant('assign' as const),
    ...{ devices: fc.constant([0]), at: fc.constantFrom<0 | 1>(0, 1), release: fc.nat(2) },
  });
  const settling: readonly SingleAct[] = [0, 1, 2, 3, 4].flatMap((round): SingleAct[] => [
    { does: 'poll', device: 0, at: round % 2 === 0 ? 0 : 1 },
    { does: 'answer-cancel', device: 0, at: 0, isYes: true },
  ]);

  holds('B6', 'of assignments that race the device ends up with the newest', {
    runs: RUNS / 2,
    of: fc.record({
      cast: aCast({
        ...{ devices: few, rollouts: { least: 0, most: 1 }, rollout: {} },
        device: { model: fc.constant('board' as const) },
      }),
      acts: fc
        .record({
          before: someActs({ habits: { poll: 2, fetch: 2, report: 1 } }, { least: 0, most: 8 }),
          race: fc.array(assignment, { minLength: 2, maxLength: 4 }),
        })
        .map(({ before, race }): readonly Act[] => [...before, { does: 'at-once', acts: race }, ...settling]),
    }),
    faults: async (script) => {
      const { story, faults } = await company.play(script);
      return [...faultsOfRace(story), ...faults];
    },
    meets: ['assignment.created'],
  });
});

/** Whoever has been asked to cancel has done so: what is left is the newest, unless a device ended it itself. */
function faultsOfRace(story: Story): string[] {
  const { id } = story.stage.deviceAt(0);
  const assigned = [...story.actions.values()].filter(
    (one) => one.deviceId === id && one.origin.startsWith('direct:'),
  );
  const newest = assigned.at(-1);
  const open = [...story.actions.values()].filter((one) => one.deviceId === id && !one.isEnded);
  if (newest === undefined || newest.isEnded) return [];
  const isSettled = open.length === 1 && open[0]?.id === newest.id && newest.isExposed;
  const left = open.map((one) => `${one.id} ${one.state}`).join(', ');
  return isSettled ? [] : [`the newest assignment is action ${newest.id}, and open are ${left}`];
}

describe(`B7 ${INVARIANTS.B7}`, () => {
  holds('B7', 'at the moment of its admission every offer was right', {
    of: fc.record({
      cast: aCast({
        devices: few,
        rollouts: some,
        rollout: { waves: BUSY.rollout.waves, isStarted: fc.constant(true) },
        device: {},
      }),
      acts: someActs({
        habits: { poll: 6, update: 6, 'change-device': 8, 'show-version': 3, say: 1, 'at-once': 8 },
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['actions', 'device.changed'],
  });
});

describe(`B10 ${INVARIANTS.B10}`, () => {
  holds('B10', 'what is stored ends once and is corrected once, whatever devices repeat', {
    of: fc.record({
      cast: aCast({ devices: few, rollouts: some, ...BUSY }),
      acts: someActs({
        habits: { poll: 3, update: 4, report: 10, 'answer-cancel': 3, cancel: 4, wait: 1, 'at-once': 6 },
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['action.ended', 'action.corrected', 'action.cancelling'],
  });
});

describe(`B14 ${INVARIANTS.B14}`, () => {
  holds('B14', 'no origin is fetched more often than it may be', {
    of: fc.record({
      cast: aCast({ devices: few, rollouts: some, ...BUSY }),
      acts: someActs({
        habits: { poll: 4, update: 10, 'show-version': 3, say: 2, wait: 1, cancel: 1, 'at-once': 6 },
        verbs: ['pause', 'resume', 'retry-failed', 'advance'],
        words: ['success', 'failure', 'failure'],
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['action.ended'],
  });
});

describe(`B17 ${INVARIANTS.B17}`, () => {
  holds('B17', 'a confirmed action was worked on, or its version is reported', {
    runs: RUNS / 2,
    of: fc.record({
      cast: aCast({ devices: few, rollouts: some, ...BUSY }),
      acts: someActs({
        habits: {
          poll: 4,
          fetch: 3,
          update: 3,
          report: 8,
          'show-version': 4,
          cancel: 4,
          'answer-cancel': 2,
          'at-once': 4,
        },
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['action.ended', 'action.corrected'],
  });

  holds('B17', 'nor by what is sent while it is being cancelled', {
    runs: RUNS / 2,
    of: fc.record({
      cast: aCast({ devices: { least: 1, most: 1 }, rollouts: { least: 1, most: 1 }, ...BUSY }),
      acts: someActs({ habits: { report: 8, poll: 2, 'answer-cancel': 1 } }, { least: 3, most: 12 }).map(
        (acts): readonly Act[] => [
          { does: 'poll', device: 0, at: 0 },
          { does: 'cancel', device: 0, at: 1, isForced: false },
          { does: 'poll', device: 0, at: 0 },
          ...acts,
        ],
      ),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['action.cancelling', 'action.ended'],
  });
});

describe(`B18 ${INVARIANTS.B18}`, () => {
  const eventful = fc.record({
    cast: aCast({ devices: few, rollouts: some, rollout: {}, device: {} }),
    acts: someActs({
      habits: {
        poll: 3,
        update: 5,
        report: 3,
        say: 3,
        assign: 2,
        'change-device': 3,
        cancel: 2,
        stop: 1,
        wait: 1,
        'at-once': 8,
      },
    }),
  });

  holds('B18', 'each change has left its event, in the order of commits', {
    runs: RUNS / 2,
    of: eventful,
    faults: async (script) => (await company.play(script)).faults,
    meets: ['action.ended', 'assignment.created', 'device.changed'],
  });

  holds('B18', 'whoever listens hears each once and in its turn, two relays racing', {
    runs: RUNS / 2,
    of: eventful,
    faults: async (script) => company.watch(script, ListeningPlayer),
    meets: ['heard', 'action.ended', 'assignment.created'],
  });
});

import fc from 'fast-check';
import { MINUTE_MS, someActs, type Act, type SingleAct } from './support/acts';
import { aCast, ALL_BUCKETS, someWaves, type CastWave } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS, meet, RUNS } from './support/holds';
import type { Story } from './support/story';

const company = new Company();
afterAll(() => company.close());

/** One rollout that all of them belong to, so that its gates have something to judge. */
const board = { model: fc.constant('board' as const), feed: fc.constant(0), version: fc.constant('1.0.0') };
const crowd = { least: 5, most: 8 };
const spring = { feed: fc.constant(0), release: fc.constant(0), isStarted: fc.constant(true) };

const strictGates: fc.Arbitrary<readonly CastWave[]> = fc
  .record({
    share: fc.constantFrom(0, 2000, 3000, 5000),
    sample: fc.integer({ min: 1, max: 4 }),
    rest: someWaves,
  })
  .map(({ share, sample, rest }) =>
    rest.map((wave, at) => ({
      ...wave,
      buckets: at === 0 ? Math.max(wave.buckets, ALL_BUCKETS / 2) : wave.buckets,
      gate: { ...wave.gate, failureShare: share, sample },
    })),
  );

describe(`B3 ${INVARIANTS.B3}`, () => {
  holds('B3', 'a wave waits for the gate of the one before it', {
    of: fc.record({
      cast: aCast({
        devices: crowd,
        rollouts: { least: 1, most: 1 },
        device: board,
        rollout: { ...spring, waves: someWaves.filter((waves) => waves.length > 1) },
      }),
      acts: someActs({
        habits: { poll: 3, update: 12, report: 2, say: 3, wait: 4, 'change-rollout': 1, 'at-once': 4 },
        verbs: ['advance', 'pause', 'resume', 'resume'],
        words: ['success', 'success', 'success', 'failure'],
        patches: fc.record({ buckets: fc.nat(ALL_BUCKETS) }),
        waits: fc.integer({ min: 1, max: 30 * MINUTE_MS }),
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['actions', 'rollout.advance', 'rollout.wave-passed'],
  });
});

describe(`B4 ${INVARIANTS.B4}`, () => {
  holds('B4', 'a failure stops its wave and the whole, and nothing else does', {
    of: fc.record({
      cast: aCast({
        devices: crowd,
        rollouts: { least: 1, most: 1 },
        device: board,
        rollout: { ...spring, waves: strictGates, attempts: fc.constantFrom(1, 2) },
      }),
      acts: someActs({
        habits: { poll: 4, update: 8, report: 3, say: 2, wait: 1, cancel: 1, 'at-once': 16 },
        verbs: ['resume', 'advance'],
        words: ['success', 'failure', 'failure'],
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['actions', 'rollout.tripped', 'rollout.resume'],
  });

  const begin = (device: number): Act => ({
    ...{ does: 'update', device, at: device % 2 === 0 ? 0 : 1 },
    ...{ word: undefined, shown: undefined },
  });
  const fail = (device: number): SingleAct => ({
    ...{ does: 'report', device, at: device % 2 === 0 ? 0 : 1, word: 'failure', back: 0 },
  });
  const poll = (device: number): Act => ({ does: 'poll', device, at: 0 });

  holds('B4', 'of failures that race the last knows of all', {
    of: fc.record({
      cast: aCast({
        devices: { least: 8, most: 8 },
        rollouts: { least: 1, most: 1 },
        device: board,
        rollout: {
          ...{ ...spring, waves: strictGates, attempts: fc.constant(1) },
          cap: fc.constant(undefined),
        },
      }),
      acts: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }).map((order): readonly Act[] => {
        const [failing, idle] = [order.slice(0, 4), order.slice(4)];
        return [...failing.map(begin), { does: 'at-once', acts: failing.map(fail) }, ...idle.map(poll)];
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['actions', 'rollout.tripped'],
  });
});

describe(`B5 ${INVARIANTS.B5}`, () => {
  holds('B5', 'nothing is admitted or fetched while it does not offer, two instances racing', {
    runs: RUNS / 2,
    of: fc.record({
      cast: aCast({ devices: crowd, rollouts: { least: 1, most: 2 }, device: board, rollout: { ...spring } }),
      acts: someActs({
        habits: { poll: 5, fetch: 4, update: 4, say: 6, stop: 2, 'at-once': 10 },
        verbs: ['pause', 'resume', 'pause', 'resume', 'abort'],
      }),
    }),
    faults: async (script) => (await company.play(script)).faults,
    meets: ['rollout.pause', 'rollout.resume', 'tenant.stopped'],
  });

  const everybodyPolls: readonly Act[] = Array.from({ length: crowd.most }, (_unused, device) => ({
    does: 'poll' as const,
    ...{ device, at: 0 as const },
  }));

  holds('B5', 'resume loses nobody: whoever was offered something is offered it again', {
    runs: RUNS / 2,
    of: fc.record({
      cast: aCast({
        devices: crowd,
        rollouts: { least: 1, most: 1 },
        device: board,
        rollout: { ...spring, waves: someWaves },
      }),
      acts: someActs({ habits: { poll: 1 } }, { least: 3, most: 15 }).map((acts): readonly Act[] => [
        ...acts,
        { does: 'say', rollout: 0, at: 1, verb: 'pause' },
        ...everybodyPolls,
        { does: 'say', rollout: 0, at: 0, verb: 'resume' },
        ...everybodyPolls,
      ]),
    }),
    faults: async (script) => {
      const { story, faults } = await company.play(script);
      return [...faultsOfResume(story), ...faults];
    },
    meets: ['action.ended', 'offered again'],
  });
});

/** The first polls, then those of the pause, then those after it. */
function faultsOfResume(story: Story): string[] {
  const at = (verb: string): number =>
    story.moments.findIndex(({ act }) => act.does === 'say' && act.verb === verb);
  const offered = (from: number, to: number): Set<number> =>
    new Set(
      story.moments
        .slice(from, to)
        .flatMap(({ act, answer }) =>
          act.does === 'poll' && answer.is === 'told' && answer.directive.kind === 'update'
            ? [act.device % story.stage.devices.length]
            : [],
        ),
    );
  const [pause, resume] = [at('pause'), at('resume')];
  const before = offered(0, pause);
  const after = offered(resume, story.moments.length);
  meet('offered again', after.size);
  return [
    ...[...offered(pause, resume)].map((device) => `device ${device} was offered something during the pause`),
    ...[...before].filter((device) => !after.has(device)).map((device) => `device ${device} was lost`),
  ];
}

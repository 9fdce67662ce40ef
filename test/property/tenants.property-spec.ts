import fc from 'fast-check';
import { someActs, type Act } from './support/acts';
import { aCast, someWaves } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS, meet, RUNS } from './support/holds';
import { Player, type Script } from './support/player';
import { setStage } from './support/set-stage';
import type { Story } from './support/story';
import { BEGINNING_MS } from './support/theatre';
import { Trespasser } from './support/trespasser';

const company = new Company();
afterAll(() => company.close());

const script: fc.Arbitrary<Script> = fc.record({
  cast: aCast({
    devices: { least: 2, most: 4 },
    rollouts: { least: 1, most: 2 },
    device: {},
    rollout: { waves: someWaves },
  }),
  acts: someActs(
    {
      habits: {
        ...{ poll: 5, update: 5, report: 3, 'show-version': 2, 'change-device': 2 },
        ...{ say: 3, assign: 2, cancel: 1, stop: 1 },
      },
      verbs: ['start', 'pause', 'resume', 'advance', 'abort'],
    },
    { least: 8, most: 20 },
  ),
});

describe(`B11 ${INVARIANTS.B11}`, () => {
  holds('B11', 'a history goes the same way whatever another tenant does in between', {
    runs: RUNS / 2,
    of: fc.record({ mine: script, theirs: script }),
    faults: async ({ mine, theirs }) => {
      const theatre = await company.theatre();
      const alone = outcomeOf(await Player.play(theatre, mine));
      theatre.nowMs = BEGINNING_MS;
      const own = new Player(theatre, await setStage(theatre, mine.cast, BEGINNING_MS), mine.cast);
      const other = new Player(theatre, await setStage(theatre, theirs.cast, BEGINNING_MS), theirs.cast);
      await own.createRollouts(mine.cast);
      await other.createRollouts(theirs.cast);
      for (let at = 0; at < Math.max(mine.acts.length, theirs.acts.length); at += 1)
        await Promise.all(
          [own, other].map((player, whose) => turn(player, (whose === 0 ? mine : theirs).acts[at])),
        );
      const { story, faults } = await company.judge(theatre, await own.story());
      const beside = outcomeOf(story);
      return [...faults, ...(alone === beside ? [] : [`alone: ${alone}`, `beside another: ${beside}`])];
    },
    meets: ['actions', 'action.ended'],
  });

  holds('B11', 'what another tenant owns is not there, under any of its names', {
    runs: RUNS / 2,
    of: fc.record({ theirs: script, tries: fc.array(Trespasser.anAct, { minLength: 4, maxLength: 12 }) }),
    faults: async ({ theirs, tries }) => {
      const theatre = await company.theatre();
      const story = await Player.play(theatre, theirs);
      const trespasser = await Trespasser.enter(theatre, story);
      const before = await trespasser.look();
      for (const one of tries) await trespasser.attempt(one);
      meet('refused', trespasser.refused);
      const after = await trespasser.look();
      return [...trespasser.faults, ...(before === after ? [] : [`before: ${before}`, `after: ${after}`])];
    },
    meets: ['refused'],
  });
});

async function turn(player: Player, act: Act | undefined): Promise<void> {
  if (act !== undefined) await player.playTurn(act);
}

/** Everything that came of it, without the numbers that only say when it came. */
function outcomeOf(story: Story): string {
  const ids = [...story.actions.keys()];
  const releases = new Map(story.stage.releases.map(({ id, version }) => [id, version]));
  const rollouts = new Map(story.rolloutIds.map((id, at) => [id, at]));
  const actions = [...story.actions.values()].map((one) => ({
    device: one.controllerId,
    release: releases.get(one.releaseId),
    rollout: rollouts.get(one.rolloutId ?? ''),
    ...{ wave: one.wave, state: one.state, isExposed: one.isExposed, endedBy: one.endedBy },
    ...{ hasProof: one.hasProof, isCorrected: one.isCorrected },
  }));
  const answers = story.moments.map(({ act, answer, actionId }) => [
    act.does,
    answer.is,
    answer.is === 'told' ? answer.directive.kind : undefined,
    actionId === undefined ? undefined : ids.indexOf(actionId),
  ]);
  return JSON.stringify({ actions, answers });
}

import { resolve } from '../src/modules/rollouts/resolve';
import { aCandidate } from '../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave } from '../test/support/a-plan';
import { aligned } from './cells';

const ROLLOUTS = 50;
/** What a decision may take. */
const AIM_US = 20;
const ROUNDS = 7;

/** How the fifty rollouts look at the device. */
interface Case {
  readonly name: string;
  readonly decide: (turn: number) => unknown;
}

/** How long `resolve` takes with fifty rollouts in the plan: nothing but the rule, in this process. */
export function measureDeciding(times: number): string {
  const rows = cases().map(({ name, decide }) => {
    const micros = Array.from({ length: ROUNDS + 1 }, () => microsOf(decide, times)).slice(1);
    const sorted = [...micros].sort((a, b) => a - b);
    const [least, median, most] = [sorted[0], sorted[Math.floor(ROUNDS / 2)], sorted.at(-1)];
    return [
      name,
      `${shown(median)} (${shown(least)}…${shown(most)})`,
      (median ?? 0) <= AIM_US ? 'reached' : 'missed',
    ];
  });
  const head = [`${ROLLOUTS} rollouts in the plan`, 'µs by decision', `aim of ${AIM_US} µs`];
  return `${aligned([head, ...rows])}Medians of ${ROUNDS} rounds of ${times} decisions.\n`;
}

function shown(micros: number | undefined): string {
  return (micros ?? NaN).toFixed(2);
}

function microsOf(decide: Case['decide'], times: number): number {
  const startedMs = performance.now();
  for (let turn = 0; turn < times; turn += 1) decide(turn);
  return ((performance.now() - startedMs) * 1000) / times;
}

function cases(): Case[] {
  const releases = Array.from({ length: ROLLOUTS }, (_unused, at) =>
    aRelease({
      ...{ id: String(at + 1), version: `2.0.${at}` },
      hardware: [{ model: at === 0 ? 'my-board' : `board-${at}`, revision: '*' }],
    }),
  );
  const rollouts = (feedId: string | undefined, filter: string | undefined): ReturnType<typeof aRollout>[] =>
    releases.map(({ id }, at) =>
      aRollout({
        ...{ id: String(at + 10), releaseId: id, feedId, filter, startedAtMs: at, salt: String(at) },
        waves: [aWave(1, 100), aWave(2, 1000), aWave(3, 10_000)],
        currentWave: 3,
      }),
    );
  const onOneFeed = aPlan({ releases, rollouts: rollouts('1', undefined) });
  const byFilter = aPlan({ releases, rollouts: rollouts(undefined, 'model==my-board') });
  const onOthers = aPlan({ releases, rollouts: rollouts('2', undefined) });
  const now = new Date('2026-03-02T12:00:00Z');
  const devices = Array.from({ length: 1000 }, (_unused, at) => aCandidate({ controllerId: `device-${at}` }));
  const [first = aCandidate()] = devices;
  const over = (plan: typeof onOneFeed) => (turn: number) =>
    resolve(devices[turn % devices.length] ?? first, plan, now);
  return [
    { name: 'all on the feed of the device', decide: over(onOneFeed) },
    { name: 'all by a filter over devices', decide: over(byFilter) },
    { name: 'all on another feed', decide: over(onOthers) },
  ];
}

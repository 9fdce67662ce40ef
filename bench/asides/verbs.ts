import { randomUUID } from 'node:crypto';
import { figureOf } from '../figures';
import type { Stage } from '../stage';
import type { Aside } from './aside';

const TIMES = 40;
const VERBS = ['start', 'pause', 'resume', 'advance', 'abort'] as const;
/** The first is of 1 %, which a start counts up to its sample. */
const WAVES = [
  { percentage: 1, gate: { sample: 5 } },
  { percentage: 10, gate: { sample: 5 } },
  { percentage: 100 },
];

/** What an operator waits for, verb by verb: a rollout is a rule, so none of them should grow with the fleet. */
export const verbs: Aside = {
  name: 'verbs',
  title: 'What an operator says to a rollout with three waves: ms by request, alone on the server',
  measure: async ({ management, devices }: Stage, isQuick) => {
    const times = new Map(VERBS.map((verb): [string, number[]] => [verb, []]));
    // Each rollout that was ever made is a little more to read: the warm-up belongs to none of the figures.
    for (let turn = -3; turn < (isQuick ? 3 : TIMES); turn += 1) {
      const { id } = await management.post('rollouts', wishOf());
      for (const verb of VERBS) {
        const startedMs = performance.now();
        await management.post(`rollouts/${id}/${verb}`, '');
        if (turn >= 0) times.get(verb)?.push(performance.now() - startedMs);
      }
    }
    return [...times].map(([what, list]) => ({ what, devices, unit: 'ms', figure: figureOf(list) }));
  },
};

/** Below the fleet's own rollout, so that nobody is decided by it. */
function wishOf(): string {
  const name = `verbs ${randomUUID()}`;
  return JSON.stringify({ name, feed: 'default', releaseId: '1', priority: -1, waves: WAVES });
}

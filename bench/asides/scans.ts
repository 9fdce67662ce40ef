import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { figureOf } from '../figures';
import type { Management } from '../management';
import type { Stage } from '../stage';
import type { Aside, AsideRow } from './aside';

const TIMES = 3;
const BETWEEN_MS = 20;

/** Requests that have to look at the whole fleet, each as a wish for a rollout. */
const PREVIEWS: Readonly<Record<string, object>> = {
  'preview: everyone on the feed': { feed: 'default' },
  'preview: waves of 1, 10 and 100 %': {
    ...{ feed: 'default', waves: [{ percentage: 1 }, { percentage: 10 }, { percentage: 100 }] },
  },
  'preview: a filter over an attribute': { filter: 'attribute.site=="hall 3"' },
};
/** A start that counts, finds too few for the sample, and is refused. */
const NOBODY = {
  ...{ feed: 'default', waves: [{ percentage: 1, members: { filter: 'tag==nobody' } }, { percentage: 100 }] },
  filter: 'model==no-such-board',
};

/** What does grow with the fleet, and what it does meanwhile to an operator who pauses and resumes another rollout. */
export const scans: Aside = {
  name: 'scans',
  title: 'What looks at the whole fleet: ms by request, and what pausing another rollout took meanwhile',
  measure: async ({ management, devices }: Stage, isQuick) => {
    const rows: AsideRow[] = [];
    const other = await made(management, { feed: 'default', priority: -1 });
    await management.post(`rollouts/${other}/start`, '');
    const measure = async (what: string, ask: () => Promise<unknown>): Promise<void> => {
      const [took, paused]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < (isQuick ? 1 : TIMES); turn += 1) {
        const startedMs = performance.now();
        const asked = ask().then(() => took.push(performance.now() - startedMs));
        paused.push(...(await pausedUntil(management, other, asked)));
      }
      const { median, most } = figureOf(paused);
      const note = paused.length === 0 ? '' : `a pause meanwhile ${median} ms, at most ${most}`;
      rows.push({ what, devices, unit: 'ms', figure: figureOf(took), note });
    };
    for (const [what, wish] of Object.entries(PREVIEWS)) {
      const id = await made(management, { priority: -1, ...wish });
      await measure(what, () => management.post(`rollouts/${id}/preview`, ''));
    }
    const id = await made(management, NOBODY);
    await measure('start that is refused: nobody in its first wave', () =>
      management.refused(`rollouts/${id}/start`, 422),
    );
    await management.post(`rollouts/${other}/abort`, '');
    return rows;
  },
};

async function made(management: Management, wish: object): Promise<string> {
  const name = `scan ${randomUUID()}`;
  return (await management.post('rollouts', JSON.stringify({ name, releaseId: '1', ...wish }))).id;
}

/** Changes of the plan wait for whoever holds its lock. */
async function pausedUntil(management: Management, id: string, asked: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const isOver = (): Promise<boolean> =>
    Promise.race([asked.then(() => true), pause(BETWEEN_MS).then(() => false)]);
  for (let turn = 0; !(await isOver()); turn += 1) {
    const startedMs = performance.now();
    await management.post(`rollouts/${id}/${turn % 2 === 0 ? 'pause' : 'resume'}`, '');
    times.push(performance.now() - startedMs);
  }
  return times;
}

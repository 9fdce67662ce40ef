import fc from 'fast-check';
import { truthOf } from './judges/counts';
import { DAY_MS, someActs } from './support/acts';
import { aCast, someWaves } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS } from './support/holds';
import type { Story } from './support/story';
import type { Theatre } from './support/theatre';

const company = new Company();
afterAll(() => company.close());

/** More than all deadlines together: an assignment may wait for ninety days, and as long again behind another. */
const STEP_MS = 100 * DAY_MS;
const MOST_STEPS = 12;

describe(`B16 ${INVARIANTS.B16}`, () => {
  holds('B16', 'once all devices are silent time alone ends everything', {
    of: fc.record({
      cast: aCast({
        devices: { least: 2, most: 5 },
        rollouts: { least: 1, most: 3 },
        device: { model: fc.constant('board' as const) },
        rollout: { waves: someWaves, cap: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) },
      }),
      acts: someActs({
        habits: {
          ...{ poll: 5, fetch: 3, update: 5, report: 4, 'show-version': 2, 'answer-cancel': 1 },
          ...{ assign: 3, cancel: 2, say: 2, wait: 1, 'change-device': 1, 'at-once': 4 },
        },
        verbs: ['pause', 'resume', 'abort', 'close'],
      }),
    }),
    faults: async (script) => {
      const { story, faults } = await company.play(script);
      return [...faults, ...(await faultsOfSilence(await company.theatre(), story))];
    },
    meets: ['actions', 'action.ended'],
  });
});

async function faultsOfSilence(theatre: Theatre, story: Story): Promise<string[]> {
  const { tenantId } = story.stage;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if ((await openActions(theatre, tenantId, story)).length === 0) break;
    theatre.nowMs += STEP_MS;
    await theatre.runSchedulers(step % 2 === 0 ? 0 : 1);
  }
  const open = await openActions(theatre, tenantId, story);
  const faults = open.map(({ id, state }) => `action ${id} is ${state} for ever`);
  for (const rolloutId of story.rolloutIds) {
    const { lanes } = await truthOf(theatre.database, tenantId, rolloutId);
    if (lanes !== 0) faults.push(`rollout ${rolloutId} has ${lanes} slots that nobody holds`);
  }
  return faults;
}

async function openActions(
  theatre: Theatre,
  tenantId: string,
  story: Story,
): Promise<{ id: string; state: string }[]> {
  return theatre.database.query(
    'SELECT id, state FROM action WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND ended_at IS NULL',
    [tenantId, [...story.actions.keys()]],
  );
}

import type { DemoModel, RolloutFigures } from '../model';

/** The states of an action, in the few groups that are drawn. */
export const GROUPS = [
  'waiting',
  'offered',
  'downloading',
  'installing',
  'confirmed',
  'failed',
  'other',
] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<string, Group>> = {
  queued: 'offered',
  'awaiting-confirmation': 'offered',
  offered: 'offered',
  retrieved: 'offered',
  downloading: 'downloading',
  downloaded: 'installing',
  installing: 'installing',
  installed: 'installing',
  confirmed: 'confirmed',
  failed: 'failed',
};
const ENDED: ReadonlySet<string> = new Set(['confirmed', 'failed', 'cancelled', 'timed-out', 'lapsed']);
/** An offer that was taken back leaves its device where it was: it waits for the next. */
const WITHDRAWN = 'withdrawn';

/** A rollout's devices, as they are drawn. */
export interface Tally {
  readonly groups: Readonly<Record<Group, number>>;
  /** The states that make up `other`. */
  readonly others: readonly (readonly [state: string, devices: number])[];
  readonly total: number;
  readonly ended: number;
  readonly inFlight: number;
  /** Of the total, rounded down: 100 only when all are done. */
  readonly percent: number;
}

/** Waiting are those that the server knows and has not admitted; all other figures are the server's own. */
export function tallyOf({
  devices,
  registered,
  rollout,
}: Pick<DemoModel, 'devices' | 'registered' | 'rollout'>): Tally {
  const states = statesOf(rollout);
  const groups = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
  for (const [state, count] of states) groups[GROUP_OF[state] ?? 'other'] += count;
  const admitted = rollout?.admitted ?? 0;
  groups.waiting = Math.max(0, registered - admitted);
  const total = Math.max(devices, admitted);
  const ended = states.reduce((sum, [state, count]) => sum + (ENDED.has(state) ? count : 0), 0);
  return {
    groups,
    others: states.filter(([state]) => GROUP_OF[state] === undefined),
    total,
    ended,
    inFlight: admitted - ended - (rollout?.devices[WITHDRAWN] ?? 0),
    percent: total === 0 ? 0 : Math.floor((ended / total) * 100),
  };
}

function statesOf(rollout: RolloutFigures | undefined): [string, number][] {
  return Object.entries(rollout?.devices ?? {}).filter(([, count]) => count > 0);
}

import type { ActionState } from '../../src/modules/actions/action/action';
import type { Stage } from '../stage';

/** What was acknowledged is in the actions' log. @throws Error when it is not */
export async function auditLog({ database }: Stage, status: string, units: number): Promise<void> {
  const { entries } = await database.one<{ entries: number }>(
    'SELECT count(*)::float8 AS entries FROM action_log WHERE status = $1',
    [status],
  );
  if (entries !== units)
    throw new Error(`${units} were answered, but the log has ${entries} times "${status}"`);
}

/** So many actions have ended in `state`: both reports that may end one are the same in the log. @throws Error when not */
export async function auditEnds({ database }: Stage, state: ActionState, units: number): Promise<void> {
  const { ended } = await database.one<{ ended: number }>(
    `SELECT count(*)::float8 AS ended FROM event WHERE kind = 'action.ended' AND detail ->> 'to' = $1`,
    [state],
  );
  if (ended !== units) throw new Error(`${units} were answered, but ${ended} actions ended as "${state}"`);
}

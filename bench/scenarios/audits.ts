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

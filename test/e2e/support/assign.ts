import type { Management } from './management';

/** Gives one device a release directly, as an operator does; returns the id of the action. */
export async function assign(
  management: Management,
  releaseId: string,
  device: string,
  terms: object = {},
): Promise<string> {
  const assignment = { release: releaseId, devices: [device], ...terms };
  const made = await management.send<{ actions: readonly { id: string }[] }>(
    'POST',
    '/assignments',
    assignment,
  );
  const [action] = made.actions;
  if (action === undefined) throw new Error(`${device} got no action`);
  return action.id;
}

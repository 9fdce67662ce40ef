import type { Action } from '../../actions/action/action';
import type { Client } from '../../devices/device/client';
import { profileOf } from '../../devices/device/client-profile';
import { isSameVersion } from '../../releases/release/version';

/** A version as a device reports it. */
export interface ShownVersion {
  readonly version: string;
  readonly client: Client;
  /** The device was asked for it, or may have been. */
  readonly isAsked: boolean;
}

/** What a reported version says of an update: it runs, it does not (any more), or nothing yet. */
export type Showing = 'proves' | 'disproves' | 'not-yet';

/**
 * The version from before the update mostly says nothing: the device may not have restarted. RAUC's updater reports success
 * before that; Zephyr and the rest may answer a question with what they knew when they started. But SWUpdate reports success at
 * a start, and then sends its attributes unasked once: those are of what came up. Any third version means that the release does
 * not run.
 */
export function showingOf(
  action: Pick<Action, 'previousVersion'>,
  expected: string,
  { version, client, isAsked }: ShownVersion,
): Showing {
  const { previousVersion: before } = action;
  const isBefore = before !== undefined && isSameVersion(before, version);
  if (isSameVersion(expected, version)) return isBefore ? 'not-yet' : 'proves';
  if (!isBefore) return 'disproves';
  const { reportsAtStart, reportsSuccess } = profileOf(client);
  return reportsAtStart && reportsSuccess === 'after-reboot' && !isAsked ? 'disproves' : 'not-yet';
}

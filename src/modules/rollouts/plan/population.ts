import type { FilterSubject } from '../../devices/device/device-filter';
import { isSameVersion } from '../../releases/release/version';
import type { Candidate } from './candidate';
import { subjectOf } from './pacing';
import type { PlannedFilter, PlannedRelease, PlannedRollout, Reverted } from './plan';

/**
 * A device as filters see it, put together once however many filters ask. A filter that needs the device's row matches nothing
 * without it: better nobody than everybody.
 */
export class Beheld {
  private subject: FilterSubject | undefined;

  constructor(readonly device: Candidate) {}

  matches({ filter, needsRow }: PlannedFilter): boolean {
    if (needsRow && this.device.row === undefined) return false;
    this.subject ??= subjectOf(this.device);
    return filter.matches(this.subject);
  }
}

/** Whether the rollout means the device, given that it is not about another feed. */
export function isMeant(beheld: Beheld, { reverts, population, release }: PlannedRollout): boolean {
  if (reverts !== undefined && !isToBeReverted(beheld.device, reverts, release)) return false;
  return population === undefined || beheld.matches(population);
}

function isToBeReverted(
  { changedBy, installedVersion }: Candidate,
  reverts: Reverted,
  release: PlannedRelease,
): boolean {
  if (changedBy?.rolloutId !== reverts.rolloutId || changedBy.fromReleaseId !== release.id) return false;
  return stillRuns(installedVersion, reverts);
}

/** Who says that it runs something else was changed by somebody else since, and is not the rollout's to bring back. */
export function stillRuns(installed: string | undefined, { version }: Reverted): boolean {
  return installed !== undefined && isSameVersion(installed, version);
}

import type { FilterSubject } from '../devices/device-filter';
import type { Candidate } from './candidate';
import { subjectOf } from './pacing';
import type { PlannedFilter, PlannedRollout } from './plan';

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
export function isMeant(beheld: Beheld, { revertsRolloutId, population, release }: PlannedRollout): boolean {
  if (revertsRolloutId !== undefined) {
    const { changedBy } = beheld.device;
    if (changedBy?.rolloutId !== revertsRolloutId || changedBy.fromReleaseId !== release.id) return false;
  }
  return population === undefined || beheld.matches(population);
}

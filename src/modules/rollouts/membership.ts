import { bucketOf } from './bucket';
import type { Reason } from './decision';
import type { PlannedRollout, PlannedWave } from './plan';
import type { Beheld } from './population';
import { pass, stop, type Question } from './question';

/** Where a device stands in a rollout. */
export interface Place {
  /** The first of the waves that it belongs to; undefined: none of them. */
  readonly wave: number | undefined;
  /** Undefined: nothing depended on it. */
  readonly bucket: number | undefined;
}

/** Looks through the waves in their order. A wave of everyone asks for no hash. */
export function placeIn(
  beheld: Beheld,
  rollout: PlannedRollout,
  waves: readonly PlannedWave[] = rollout.reached,
): Place {
  let bucket: number | undefined;
  for (const wave of waves) {
    if (wave.isEveryone || isNamed(beheld, wave)) return { wave: wave.position, bucket };
    if (wave.buckets === 0) continue;
    bucket ??= bucketOf(rollout.salt, beheld.device.controllerId);
    if (bucket < wave.buckets) return { wave: wave.position, bucket };
  }
  return { wave: undefined, bucket };
}

function isNamed(beheld: Beheld, { controllerIds, tags, named }: PlannedWave): boolean {
  if (controllerIds.has(beheld.device.controllerId)) return true;
  if (tags.size > 0 && hasOneOf(beheld.device.row?.tags ?? [], tags)) return true;
  return named !== undefined && beheld.matches(named);
}

function hasOneOf(own: readonly string[], wanted: ReadonlySet<string>): boolean {
  for (const tag of own) if (wanted.has(tag)) return true;
  return false;
}

/** Rule 9. A place in the wave is for the device to have; a step on the way to the release needs one as well. */
export function placed(question: Question, rollout: PlannedRollout | undefined): Place | Reason {
  if (rollout === undefined) {
    pass(question, 9, 'no-rollout-involved');
    return NOWHERE;
  }
  const place = placeIn(question.beheld, rollout);
  if (place.wave !== undefined) {
    pass(question, 9, 'in-wave', { wave: place.wave });
    return place;
  }
  return stop(question, 9, 'not-in-wave', {
    bucket: place.bucket ?? '',
    buckets: rollout.reached.at(-1)?.buckets ?? 0,
    wave: rollout.currentWave,
  });
}

const NOWHERE: Place = { wave: undefined, bucket: undefined };

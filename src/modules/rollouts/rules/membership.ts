import { bucketOf } from '../rollout/bucket';
import type { Reason } from './decision';
import type { PlannedRollout, PlannedWave } from '../plan/plan';
import type { Beheld } from '../plan/population';
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
  const { controllerId, row } = beheld.device;
  const namedIn = rollout.roll.firstWaveOf(controllerId, row?.tags);
  let bucket: number | undefined;
  for (const wave of waves) {
    const { position, buckets } = wave;
    if (wave.isEveryone || position === namedIn || isAmong(beheld, wave)) return { wave: position, bucket };
    if (buckets === 0) continue;
    bucket ??= bucketOf(rollout.salt, controllerId);
    if (bucket < buckets) return { wave: position, bucket };
  }
  return { wave: undefined, bucket };
}

function isAmong(beheld: Beheld, { named }: PlannedWave): boolean {
  return named !== undefined && beheld.matches(named);
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
  const buckets = rollout.reached.at(-1)?.buckets ?? 0;
  const because =
    place.bucket === undefined
      ? 'only named devices take part so far, and it is not among them'
      : `its bucket ${place.bucket} is not below ${buckets}, nor is it named`;
  const { currentWave: wave } = rollout;
  return stop(question, 9, 'not-in-wave', { bucket: place.bucket ?? '', buckets, wave, because });
}

const NOWHERE: Place = { wave: undefined, bucket: undefined };

import { DEFAULT_TERMS } from '../../actions/action/action';
import { Faults } from './faults';
import { faultOfFilter } from './filter-check';
import type { Pace, Ramp } from '../rollout/conduct';
import type { Population, RolloutDefinition } from '../rollout/rollout';
import type { RolloutWish } from '../rollout/rollout-wish';
import type { Wave } from '../rollout/wave';
import { checkWaves } from './wave-check';
import { checkWindows } from './window-check';

/** What the rest of the tenant says about a wish. */
export interface CheckContext {
  /** How long nine of ten devices take with the release; undefined: not known. */
  readonly p90Ms: number | undefined;
  /** What {@link RolloutWish.bucketsOf} stands for. */
  readonly salt: string | undefined;
  /** The one that brings devices back says neither feed nor filter. */
  readonly revertsRolloutId?: string | undefined;
  /** Devices were decided by it already. */
  readonly isStarted?: boolean;
}

const MINUTE_MS = 60_000;

/**
 * Turns what an operator says into a whole definition, with what he left out, or tells him everything that does not make
 * sense, by the paths of the API. @throws RolloutFieldsError and nothing else
 */
export function checkRollout(wish: RolloutWish, context: CheckContext): RolloutDefinition {
  const faults = new Faults();
  const population = checkPopulation(wish, context, faults);
  const { mostDevices } = wish;
  const waves = checkWaves(wish.waves, { mostDevices, isStarted: context.isStarted === true }, faults);
  const definition: RolloutDefinition = {
    name: wish.name,
    releaseId: wish.releaseId,
    population,
    priority: wish.priority ?? 0,
    pace: checkPace(wish, faults),
    mostDevices,
    waves,
    ...checkTries(wish, faults),
    allowsDowngrade: wish.allowsDowngrade ?? false,
    confirms: wish.confirms ?? 'version',
    silentPolls: checkSilence(wish.silentPolls ?? 0, waves, faults),
    whenTripped: wish.whenTripped ?? 'pause',
    startAt: wish.startAt,
    windows: checkWindows(wish.windows ?? [], context.p90Ms, faults),
    salt: context.salt,
    terms: wish.terms ?? DEFAULT_TERMS,
  };
  faults.throwAny();
  return definition;
}

/** The definition as somebody would have said it, for changes. */
export function wishOf(definition: RolloutDefinition): RolloutWish {
  const { population, pace, waves, salt: _salt, ...rest } = definition;
  const { feed, filter } = population;
  return { ...rest, ...pace, feed, filter, waves };
}

function checkPopulation(wish: RolloutWish, context: CheckContext, faults: Faults): Population {
  const { feed, filter } = wish;
  const { revertsRolloutId } = context;
  if (feed === undefined && filter === undefined && revertsRolloutId === undefined)
    faults.add('feed', 'is missing: say whom it means by a feed, a filter or both');
  if (filter !== undefined) faults.add('filter', faultOfFilter(filter));
  return { feed, filter, revertsRolloutId };
}

function checkPace({ inFlightCap, offersPerMinute, ramp }: RolloutWish, faults: Faults): Pace {
  if (ramp !== undefined) checkRamp(ramp, offersPerMinute, faults);
  return { inFlightCap, offersPerMinute, ramp };
}

function checkRamp(ramp: Ramp, offersPerMinute: number | undefined, faults: Faults): void {
  const { startPerMinute, doublingMs } = ramp;
  if (offersPerMinute === undefined) {
    faults.add('ramp', 'has no end: say in offersPerMinute where it stops');
  } else if (startPerMinute > offersPerMinute) {
    const why = `is ${startPerMinute}, more than the ${offersPerMinute} of offersPerMinute where it stops. Lower it, or raise offersPerMinute`;
    faults.add('ramp.startPerMinute', why);
  }
  if (!(doublingMs >= MINUTE_MS)) faults.add('ramp.doubling', 'must be 1m at least');
}

function checkTries(
  wish: RolloutWish,
  faults: Faults,
): Pick<RolloutDefinition, 'attempts' | 'retryBackoffMs'> {
  const { attempts = 1, retryBackoffMs = 0 } = wish;
  if (attempts === 1 && retryBackoffMs > 0)
    faults.add(
      'retryBackoff',
      'means nothing while attempts is 1: nobody tries again. Raise attempts, or leave it out',
    );
  return { attempts, retryBackoffMs };
}

function checkSilence(silentPolls: number, waves: readonly Wave[], faults: Faults): number {
  if (silentPolls > 0 && waves.every(({ gate }) => gate.soakMs === 0))
    faults.add(
      'silentPolls',
      `is ${silentPolls}, and finds nobody: devices are missed while a wave soaks, and no gate has a soak. Give one a soak, or leave it out`,
    );
  return silentPolls;
}

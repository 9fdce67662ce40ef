import { BUCKETS } from '../rollout/bucket';
import type { Faults } from './faults';
import { faultOfFilter } from './filter-check';
import { percentText } from './percentage';
import type { GateWish, WaveWish } from '../rollout/rollout-wish';
import { DEFAULT_GATE, NO_MEMBERS, type Gate, type Members, type Wave } from '../rollout/wave';

export const MOST_WAVES = 50;

/** What is said of the rollout as a whole, as far as its waves depend on it. */
export interface WholeWish {
  readonly mostDevices: number | undefined;
  /** Its gates were found good at the start: a lower maximum only makes it smaller. */
  readonly isStarted: boolean;
}

/** The waves with what was left out; nothing said at all: one of everyone. */
export function checkWaves(
  wishes: readonly WaveWish[] | undefined,
  whole: WholeWish,
  faults: Faults,
): Wave[] {
  const said = wishes ?? [{ buckets: BUCKETS }];
  if (said.length === 0 || said.length > MOST_WAVES)
    faults.add('waves', `must be a list of 1 to ${MOST_WAVES} waves`);
  const waves: Wave[] = [];
  for (const wish of said.slice(0, MOST_WAVES)) waves.push(checkWave(wish, waves, faults));
  if (whole.isStarted) return waves;
  for (const wave of waves) checkReach(wave, { ...whole, isLast: wave === waves.at(-1) }, faults);
  return waves;
}

function checkWave(wish: WaveWish, before: readonly Wave[], faults: Faults): Wave {
  const path = `waves[${before.length}]`;
  const least = before.at(-1)?.buckets ?? 0;
  const members = membersOf(wish.members);
  const wave: Wave = {
    position: before.length + 1,
    name: wish.name,
    buckets: wish.buckets ?? least,
    members,
    mostDevices: wish.mostDevices,
    gate: gateOf(wish.gate),
  };
  faults.add(`${path}.percentage`, faultOfBuckets(wave, wish, least));
  if (members.filter !== undefined) faults.add(`${path}.members.filter`, faultOfFilter(members.filter));
  checkGate(wave, path, faults);
  return wave;
}

function membersOf(wish: WaveWish['members']): Members {
  return {
    controllerIds: [...new Set(wish?.controllerIds ?? NO_MEMBERS.controllerIds)],
    tags: [...new Set(wish?.tags ?? NO_MEMBERS.tags)],
    filter: wish?.filter,
  };
}

function gateOf(wish: GateWish = {}): Gate {
  return {
    successShare: wish.successShare ?? DEFAULT_GATE.successShare,
    failureShare: wish.failureShare ?? DEFAULT_GATE.failureShare,
    sample: wish.sample ?? DEFAULT_GATE.sample,
    soakMs: wish.soakMs ?? DEFAULT_GATE.soakMs,
    isManual: wish.isManual ?? DEFAULT_GATE.isManual,
  };
}

function namesAnybody({ controllerIds, tags, filter }: Members): boolean {
  return controllerIds.length > 0 || tags.length > 0 || filter !== undefined;
}

function faultOfBuckets({ buckets, members }: Wave, wish: WaveWish, least: number): string | undefined {
  if (wish.buckets === undefined && !namesAnybody(members))
    return 'is missing: the wave names no devices either. Say a percentage, or name members';
  if (!isShare(buckets)) return 'must be from 0 to 100, with two decimals at most';
  if (buckets < least) {
    return `is ${percentText(buckets)}, less than the ${percentText(least)} of the wave before: each wave includes those before it. Raise it, or put the waves in order`;
  }
  if (buckets > least || namesAnybody(members)) return undefined;
  return `is ${percentText(buckets)} and the wave names no devices: it adds nobody to those before it. Raise it, name members, or leave the wave out`;
}

function checkGate({ gate }: Wave, path: string, faults: Faults): void {
  const { successShare, failureShare, sample } = gate;
  const outside = 'must be from 0 to 100, with two decimals at most';
  faults.add(`${path}.gate.successShare`, isShare(successShare) ? undefined : outside);
  faults.add(`${path}.gate.failureShare`, isShare(failureShare) ? undefined : outside);
  faults.add(`${path}.gate.sample`, sample >= 1 ? undefined : 'must be 1 at least');
  faults.add(`${path}.gate.soak`, gate.soakMs >= 0 ? undefined : 'must not be negative');
  if (failureShare >= BUCKETS)
    faults.add(
      `${path}.gate.failureShare`,
      `is ${percentText(failureShare)}: no more than all devices can fail, so that nothing would ever stop the rollout. Lower it`,
    );
}

/** Samples and thresholds that as many devices can reach as there may be. */
function checkReach(
  { gate, mostDevices = Infinity, position }: Wave,
  whole: WholeWish & { readonly isLast: boolean },
  faults: Faults,
): void {
  const path = `waves[${position - 1}].gate`;
  const most = Math.min(mostDevices, whole.mostDevices ?? Infinity);
  const whose = most === mostDevices ? 'wave' : 'rollout';
  faults.add(`${path}.failureShare`, faultOfThreshold(gate, most, whose));
  const opens = !gate.isManual && !(whole.isLast && whose === 'rollout');
  if (opens && most < gate.sample) {
    faults.add(
      `${path}.sample`,
      `is ${gate.sample}, but the ${whose} takes ${most} devices at most: it could never open by itself. ` +
        'Lower it, raise mostDevices, or make the gate manual',
    );
  }
}

/** The gate closes at more failures than the share of what is finished, or of the sample while less is. */
function faultOfThreshold({ failureShare, sample }: Gate, most: number, whose: string): string | undefined {
  const needed = Math.floor((failureShare * sample) / BUCKETS) + 1;
  if (needed <= most) return undefined;
  return (
    `is ${percentText(failureShare)}, which can never be passed: of a sample of ${sample} it takes ${needed} failures, ` +
    `and the ${whose} takes ${most} devices at most. Lower it or the sample, or raise mostDevices`
  );
}

function isShare(share: number): boolean {
  return Number.isInteger(share) && share >= 0 && share <= BUCKETS;
}

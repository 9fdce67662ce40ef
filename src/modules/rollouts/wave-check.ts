import { BUCKETS } from './bucket';
import type { Faults } from './faults';
import { faultOfFilter } from './filter-check';
import { percentText } from './percentage';
import type { GateWish, WaveWish } from './rollout-wish';
import { DEFAULT_GATE, NO_MEMBERS, type Gate, type Members, type Wave } from './wave';

export const MOST_WAVES = 50;

/** The waves with what was left out; nothing said at all: one of everyone. */
export function checkWaves(wishes: readonly WaveWish[] | undefined, faults: Faults): Wave[] {
  const said = wishes ?? [{ buckets: BUCKETS }];
  if (said.length === 0 || said.length > MOST_WAVES)
    faults.add('waves', `must be a list of 1 to ${MOST_WAVES} waves`);
  const waves: Wave[] = [];
  for (const wish of said.slice(0, MOST_WAVES)) waves.push(checkWave(wish, waves, faults));
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
    return 'is missing: the wave names no devices either';
  if (!isShare(buckets)) return 'must be from 0 to 100, with two decimals at most';
  if (buckets < least) {
    return `is ${percentText(buckets)}, less than the ${percentText(least)} of the wave before: each wave includes those before it`;
  }
  if (buckets > least || namesAnybody(members)) return undefined;
  return `is ${percentText(buckets)} and the wave names no devices: it adds nobody to those before it`;
}

/** Shares that can be, and thresholds that something can reach. */
function checkGate({ gate, mostDevices }: Wave, path: string, faults: Faults): void {
  const { successShare, failureShare, sample } = gate;
  const outside = 'must be from 0 to 100, with two decimals at most';
  faults.add(`${path}.gate.successShare`, isShare(successShare) ? undefined : outside);
  faults.add(`${path}.gate.failureShare`, isShare(failureShare) ? undefined : outside);
  faults.add(`${path}.gate.sample`, sample >= 1 ? undefined : 'must be 1 at least');
  faults.add(`${path}.gate.soak`, gate.soakMs >= 0 ? undefined : 'must not be negative');
  faults.add(`${path}.gate.failureShare`, faultOfThreshold(gate, mostDevices));
  if (mostDevices !== undefined && mostDevices < sample && !gate.isManual) {
    faults.add(
      `${path}.gate.sample`,
      `is ${sample}, but the wave takes ${mostDevices} devices at most: it could never open by itself. ` +
        'Lower it, raise mostDevices, or make the gate manual',
    );
  }
}

/** The gate closes at more failures than the share of what is finished, or of the sample while less is. */
function faultOfThreshold({ failureShare, sample }: Gate, mostDevices = Infinity): string | undefined {
  if (failureShare >= BUCKETS) return 'can never be passed: no more than all devices can fail';
  const needed = Math.floor((failureShare * sample) / BUCKETS) + 1;
  if (needed <= mostDevices) return undefined;
  return (
    `can never be passed: of a sample of ${sample} it takes ${needed} failures, ` +
    `and there are ${mostDevices} devices at most`
  );
}

function isShare(share: number): boolean {
  return Number.isInteger(share) && share >= 0 && share <= BUCKETS;
}

import type { Faults } from './faults';
import type { Rollout, RolloutDefinition } from '../rollout/rollout';
import { wishOf } from './rollout-check';
import type { RolloutChange, RolloutWish, WaveWish } from '../rollout/rollout-wish';
import type { Wave } from '../rollout/wave';

/** The wish that stands after a change. Of a draft the waves are replaced; later each is taken for the one in its place. */
export function changedWish(before: Rollout, change: RolloutChange): RolloutWish {
  const given = Object.fromEntries(
    Object.entries(change)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, value ?? undefined]),
  ) as Partial<RolloutWish>;
  const wish = { ...wishOf(before), ...given };
  if (before.state === 'draft' || given.waves === undefined) return wish;
  return { ...wish, waves: given.waves.map((wave, index) => overlaid(before.waves[index], wave)) };
}

function overlaid(before: Wave | undefined, change: WaveWish): WaveWish {
  if (before === undefined) return change;
  const said = <T extends object>(fields: T | undefined): Partial<T> =>
    Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
  return {
    ...before,
    ...said(change),
    members: { ...before.members, ...said(change.members) },
    gate: { ...before.gate, ...said(change.gate) },
  };
}

/** What a rollout may not change any more once devices were decided by it, by the paths of the API. */
export function faultsOfStretch(before: Rollout, after: RolloutDefinition, faults: Faults): void {
  const fixed = 'cannot be changed any more: the rollout was started';
  for (const [path, value] of Object.entries(fixedParts(before)))
    if (!isSame(value, fixedParts(after)[path])) faults.add(path, fixed);
  if (before.state !== 'scheduled' && !isSame(before.startAt, after.startAt)) faults.add('startAt', fixed);
  if (before.waves.length !== after.waves.length) {
    faults.add('waves', `must be the ${before.waves.length} that there are: the rollout was started`);
    return;
  }
  for (const [index, wave] of before.waves.entries()) faultsOfWave(wave, after.waves[index], index, faults);
}

function faultsOfWave(before: Wave, after: Wave | undefined, index: number, faults: Faults): void {
  if (after === undefined) return;
  const path = `waves[${index}]`;
  const fixed = 'cannot be changed any more: the rollout was started';
  if (after.buckets < before.buckets)
    faults.add(
      `${path}.percentage`,
      `can only be raised from ${before.buckets / 100} %: the rollout was started`,
    );
  for (const part of ['name', 'members', 'gate'] as const)
    if (!isSame(before[part], after[part])) faults.add(`${path}.${part}`, fixed);
}

function fixedParts(definition: RolloutDefinition): Record<string, unknown> {
  const { releaseId, population, attempts, retryBackoffMs, allowsDowngrade, confirms } = definition;
  const { type, forceAt, needsConfirmation } = definition.terms;
  return {
    ...{ releaseId, feed: population.feed, filter: population.filter, attempts, allowsDowngrade, confirms },
    retryBackoff: retryBackoffMs,
    silentPolls: definition.silentPolls,
    bucketsOf: definition.salt,
    ...{ type, forceAt, confirmation: needsConfirmation },
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

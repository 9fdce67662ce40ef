import type { Rollout } from './rollout';

/** Of a rollout, what decides whether another one takes its place. */
export type Ranked = Pick<Rollout, 'id' | 'priority' | 'population'>;

/**
 * Which of the rollouts in force would count no longer for some devices if `rollout` began now: those that may mean the
 * same devices and are not above it. Whether two filters find a common device is not known, so they count as if.
 */
export function supersededBy(rollout: Ranked, inForce: readonly Ranked[]): string[] {
  const rivals = inForce.filter(
    (other) => other.id !== rollout.id && other.priority <= rollout.priority && mayShare(rollout, other),
  );
  return rivals.map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
}

/** A device follows one feed. */
function mayShare({ population: a }: Ranked, { population: b }: Ranked): boolean {
  return a.feed === undefined || b.feed === undefined || a.feed === b.feed;
}

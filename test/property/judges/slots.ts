import { bucketOf } from '../../../src/modules/rollouts/rollout/bucket';
import type { Fact, Story, StoryAction } from '../support/story';
import { actionOf, endOf, isAdmission, patches, possibleAt, rolloutsOf, type StoryRollout } from './timeline';

/** B1. Walks through the commits: each admission takes a slot, each end returns it. */
export function faultsOfSlots(story: Story): string[] {
  return rolloutsOf(story).flatMap((rollout) => {
    const caps = patches(story, rollout.id, (to) => ('cap' in to ? { value: to.cap } : undefined));
    const holders = new Set<string>();
    const faults: string[] = [];
    for (const [fact, action] of factsOf(story, rollout)) {
      if (endOf(fact) !== undefined) holders.delete(action.id);
      if (!isAdmission(fact)) continue;
      holders.add(action.id);
      const allowed = possibleAt(rollout.part.cap, caps, fact.atUs);
      const most = Math.max(...allowed.map((cap) => cap ?? Number.MAX_SAFE_INTEGER));
      if (holders.size > most)
        faults.push(`action ${action.id} is number ${holders.size} under way, and the cap is ${most}`);
    }
    return faults;
  });
}

/** B2, as far as the database decides it: who is admitted at all, and how many. */
export function faultsOfMembership(story: Story): string[] {
  return rolloutsOf(story).flatMap((rollout) => [
    ...outsiders(story, rollout),
    ...beyondMaximum(story, rollout),
  ]);
}

function outsiders(story: Story, rollout: StoryRollout): string[] {
  const shares = patches(story, rollout.id, (to) => ('buckets' in to ? { value: to.buckets } : undefined));
  const { waves } = rollout.part;
  return factsOf(story, rollout)
    .filter(([fact]) => isAdmission(fact))
    .flatMap(([fact, { controllerId, id, wave = 0 }]) => {
      const upTo = waves.slice(0, wave);
      const isNamed = upTo.some(({ members }) =>
        members.some((place) => story.stage.deviceAt(place).controllerId === controllerId),
      );
      const raised = shares.filter(({ fromUs }) => fromUs <= fact.atUs).map(({ value }) => value);
      const reached = Math.max(0, ...raised, ...upTo.map(({ buckets }) => buckets));
      const bucket = bucketOf(rollout.salt, controllerId);
      if (isNamed || bucket < reached) return [];
      return [`action ${id}: ${controllerId} is not in wave ${wave}, bucket ${bucket} of ${reached}`];
    });
}

function beyondMaximum(story: Story, rollout: StoryRollout): string[] {
  const changes = patches(story, rollout.id, (to) =>
    'mostDevices' in to ? { value: to.mostDevices } : undefined,
  );
  const devices = new Set<string>();
  const inWave = new Map<number, Set<string>>();
  const faults: string[] = [];
  for (const [fact, { deviceId, wave = 0 }] of factsOf(story, rollout)) {
    if (!isAdmission(fact) || devices.has(deviceId)) continue;
    devices.add(deviceId);
    const members = inWave.get(wave) ?? new Set();
    inWave.set(wave, members.add(deviceId));
    const allowed = possibleAt(rollout.part.mostDevices, changes, fact.atUs);
    const most = Math.max(...allowed.map((one) => one ?? Number.MAX_SAFE_INTEGER));
    if (devices.size > most) faults.push(`device ${deviceId} is number ${devices.size} of at most ${most}`);
    const ofWave = rollout.part.waves[wave - 1]?.mostDevices ?? Number.MAX_SAFE_INTEGER;
    if (members.size > ofWave)
      faults.push(`device ${deviceId} is number ${members.size} of at most ${ofWave} in wave ${wave}`);
  }
  return faults;
}

/** What happened to the actions of a rollout, in the order of the commits. */
export function factsOf(story: Story, { id }: StoryRollout): [Fact, StoryAction][] {
  return story.facts.flatMap((fact): [Fact, StoryAction][] => {
    const action = actionOf(story, fact);
    return action?.rolloutId === id ? [[fact, action]] : [];
  });
}

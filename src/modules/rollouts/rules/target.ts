import { DEFAULT_TERMS, type ActionTerms } from '../../actions/action/action';
import type { Candidate } from '../plan/candidate';
import type { Reason } from './decision';
import { hardwareOf } from './fit';
import { latestFor, type Plan, type PlannedRelease, type PlannedRollout } from '../plan/plan';
import { isMeant } from '../plan/population';
import { pass, stop, type Question } from './question';

/** The release a device is after, and on whose account. */
export interface Target {
  readonly release: PlannedRelease;
  readonly rollout: PlannedRollout | undefined;
  readonly origin: string;
  readonly isForced: boolean;
  readonly terms: ActionTerms;
  /** The release is but a step on the way to the rollout's (or to the one that is assigned). */
  readonly isStep?: boolean;
}

/** Rule 3: what the device wants by force or by its mode, or why it wants nothing. */
export function chooseTarget(question: Question): Target | Reason {
  const { device } = question;
  if (device.forced !== undefined) return byForce(question, device.forced);
  switch (device.mode) {
    case 'rollout':
      return byRollout(question);
    case 'latest':
      return byLatest(question);
    case 'assigned':
      return byAssignment(question, device.assigned);
  }
}

function byForce(question: Question, forced: NonNullable<Candidate['forced']>): Target | Reason {
  const release = question.plan.releases.get(forced.releaseId);
  if (release === undefined) return stop(question, 3, 'release-gone', { release: forced.releaseId });
  pass(question, 3, 'forced', { release: release.id });
  return direct(release, `force:${forced.number}`, true);
}

/** The first rollout in force that means the device and whose release fits; when none fits, the first, so that rule 4 says what is wrong. */
function byRollout(question: Question): Target | Reason {
  const rollout = rolloutFor(question);
  if (rollout === undefined) return stop(question, 3, 'no-rollout');
  const { release } = rollout;
  pass(question, 3, 'by-rollout', {
    rollout: rollout.id,
    name: rollout.name,
    release: release.id,
    version: release.version,
  });
  return { release, rollout, origin: `rollout:${rollout.id}`, isForced: false, terms: rollout.terms };
}

/** Hardware is asked first: it is a look at a list, and whom a rollout means may be a filter, which is asked once. */
function rolloutFor({ device, beheld, plan }: Question): PlannedRollout | undefined {
  const hardware = hardwareOf(device);
  const inForce = inForceFor(plan, device.feedId);
  for (const rollout of inForce)
    if (rollout.release.fits(hardware) && isMeant(beheld, rollout)) return rollout;
  for (const rollout of inForce)
    if (!rollout.release.fits(hardware) && isMeant(beheld, rollout)) return rollout;
  return undefined;
}

function inForceFor(plan: Plan, feedId: string): readonly PlannedRollout[] {
  return plan.inForceOn.get(feedId) ?? plan.rolloutsOfNoFeed;
}

function byLatest(question: Question): Target | Reason {
  const { device, plan } = question;
  const release = latestFor(plan, hardwareOf(device), device.takesPrereleases);
  if (release === undefined) return stop(question, 3, 'no-release');
  pass(question, 3, 'by-latest', { release: release.id, version: release.version });
  return direct(release, `latest:${release.id}`);
}

function byAssignment(question: Question, assigned: Candidate['assigned']): Target | Reason {
  if (assigned === undefined) return stop(question, 3, 'no-assignment');
  const release = question.plan.releases.get(assigned.releaseId);
  if (release === undefined) return stop(question, 3, 'release-gone', { release: assigned.releaseId });
  pass(question, 3, 'by-assignment', { release: release.id, version: release.version });
  return direct(release, `assignment:${assigned.number}`);
}

function direct(release: PlannedRelease, origin: string, isForced = false): Target {
  return { release, rollout: undefined, origin, isForced, terms: DEFAULT_TERMS };
}

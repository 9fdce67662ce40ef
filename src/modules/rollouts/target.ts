import { DEFAULT_TERMS, type ActionTerms } from '../actions/action';
import type { Hardware } from '../releases/hardware';
import type { Candidate } from './candidate';
import type { Reason, TraceLine } from './decision';
import { latestFor, type Plan, type PlannedRelease, type PlannedRollout } from './plan';

/** The release a device is after, and on whose account. */
export interface Target {
  readonly release: PlannedRelease;
  readonly rollout: PlannedRollout | undefined;
  readonly origin: string;
  readonly isForced: boolean;
  readonly terms: ActionTerms;
}

/** Rule 3: what the device wants by force or by its mode, or why it wants nothing. */
export function chooseTarget(
  device: Candidate,
  plan: Plan,
  hardware: Hardware,
  trace: TraceLine[],
): Target | Reason {
  if (device.forced !== undefined) return byForce(device.forced, plan, trace);
  switch (device.mode) {
    case 'rollout':
      return byRollout(device, plan, hardware, trace);
    case 'latest':
      return byLatest(device, plan, hardware, trace);
    case 'assigned':
      return byAssignment(device, plan, trace);
  }
}

function byForce(
  forced: { releaseId: string; number: number },
  plan: Plan,
  trace: TraceLine[],
): Target | Reason {
  const release = plan.releases.get(forced.releaseId);
  if (release === undefined) return stop(trace, 'release-gone', { release: forced.releaseId });
  trace.push({ rule: 3, outcome: 'passed', code: 'forced', detail: { release: release.id } });
  return {
    release,
    rollout: undefined,
    origin: `force:${forced.number}`,
    isForced: true,
    terms: DEFAULT_TERMS,
  };
}

/** The first rollout in force whose release fits; when none fits, the first, so that rule 4 says what is wrong. */
function byRollout(device: Candidate, plan: Plan, hardware: Hardware, trace: TraceLine[]): Target | Reason {
  const inForce = plan.rolloutsByFeed.get(device.feedId);
  const first = inForce?.[0];
  if (inForce === undefined || first === undefined) return stop(trace, 'no-rollout');
  const rollout = inForce.find((candidate) => candidate.release.fits(hardware)) ?? first;
  const { release } = rollout;
  trace.push({
    rule: 3,
    outcome: 'passed',
    code: 'by-rollout',
    detail: { rollout: rollout.id, name: rollout.name, release: release.id, version: release.version },
  });
  return { release, rollout, origin: `rollout:${rollout.id}`, isForced: false, terms: rollout.terms };
}

function byLatest(device: Candidate, plan: Plan, hardware: Hardware, trace: TraceLine[]): Target | Reason {
  const release = latestFor(plan, hardware, device.takesPrereleases);
  if (release === undefined) return stop(trace, 'no-release');
  trace.push({
    rule: 3,
    outcome: 'passed',
    code: 'by-latest',
    detail: { release: release.id, version: release.version },
  });
  return {
    release,
    rollout: undefined,
    origin: `latest:${release.id}`,
    isForced: false,
    terms: DEFAULT_TERMS,
  };
}

function byAssignment(device: Candidate, plan: Plan, trace: TraceLine[]): Target | Reason {
  if (device.assigned === undefined) return stop(trace, 'no-assignment');
  const release = plan.releases.get(device.assigned.releaseId);
  if (release === undefined) return stop(trace, 'release-gone', { release: device.assigned.releaseId });
  trace.push({
    rule: 3,
    outcome: 'passed',
    code: 'by-assignment',
    detail: { release: release.id, version: release.version },
  });
  return {
    release,
    rollout: undefined,
    origin: `assignment:${device.assigned.number}`,
    isForced: false,
    terms: DEFAULT_TERMS,
  };
}

function stop(trace: TraceLine[], reason: Reason, detail?: TraceLine['detail']): Reason {
  trace.push({ rule: 3, outcome: 'decided', code: reason, ...(detail === undefined ? {} : { detail }) });
  return reason;
}

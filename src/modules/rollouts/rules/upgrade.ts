import type { Hardware } from '../../releases/release/hardware';
import { compareVersions, isSameVersion, parseVersion } from '../../releases/release/version';
import type { Reason } from './decision';
import { canTake, hardwareOf } from './fit';
import type { PlannedRelease } from '../plan/plan';
import { pass, stop, type Question } from './question';
import { isSound } from './soundness';
import type { Target } from './target';

/** Rules 5 and 6, which force passes over. The answer is another target when a step has to come first. */
export function versioned(question: Question, target: Target): Target | Reason {
  if (target.isForced) return target;
  const { installedVersion: installed } = question.device;
  if (installed === undefined) return ofUnknownVersion(question, target);
  const { version } = target.release;
  if (isSameVersion(installed, version)) {
    const believed = question.device.isVersionReported
      ? ''
      : ' (as far as its last update tells; not reported since)';
    return stop(question, 5, 'installed', { installed, believed });
  }
  pass(question, 5, 'not-installed', { installed });
  if ((compareVersions(version, installed) ?? 0) >= 0) return onTheWay(question, target, installed);
  if (target.rollout?.allowsDowngrade !== true) return stop(question, 6, 'lower', { version, installed });
  // The range says what the release upgrades from; whoever allows to go down does not ask for it.
  pass(question, 6, 'downgrade-allowed', { version, installed });
  return target;
}

function ofUnknownVersion(question: Question, target: Target): Target | Reason {
  const { version, upgradeFrom: range, upgrades } = target.release;
  pass(question, 5, 'not-installed', { installed: 'not known' });
  if (upgrades !== undefined) return stop(question, 6, 'unknown-version', { version, range });
  pass(question, 6, 'not-lower', { version, installed: '?' });
  return target;
}

function onTheWay(question: Question, target: Target, installed: string): Target | Reason {
  const { version, upgradeFrom: range, upgrades } = target.release;
  if (upgrades === undefined || upgrades(installed)) {
    pass(question, 6, 'not-lower', { version, installed });
    return target;
  }
  const step = nextStep(question, target, installed);
  if (step === undefined) return stop(question, 6, 'upgrade-step-missing', { version, range, installed });
  pass(question, 6, 'next-step', { version, range, installed, step: step.version, release: step.id });
  return { ...target, release: step, origin: originOfStep(target, step), isStep: true };
}

/**
 * The highest release that may be the next step: it upgrades from what is installed, and from it the target is reached, by further
 * steps if need be.
 */
function nextStep(question: Question, target: Target, installed: string): PlannedRelease | undefined {
  const { release: wanted } = target;
  const from = parseVersion(installed);
  if (from === undefined) return undefined;
  const steps = question.plan.stepsByName.get(wanted.name);
  if (steps === undefined) return undefined;
  const reaching = new Set([wanted]);
  const hardware = hardwareOf(question.device);
  for (const step of steps.releases) {
    if (step.order === undefined || step.order.compare(from) <= 0) break;
    if (!leadsToOneOf(steps.after(step), reaching) || !isOfferable(question, target, step, hardware))
      continue;
    if (step.upgrades?.(installed) !== false) return step;
    reaching.add(step);
  }
  return undefined;
}

function leadsToOneOf(next: readonly PlannedRelease[], reaching: ReadonlySet<PlannedRelease>): boolean {
  for (const release of next) if (reaching.has(release)) return true;
  return false;
}

function isOfferable(
  { device, plan }: Question,
  target: Target,
  step: PlannedRelease,
  hardware: Hardware,
): boolean {
  if (!device.takesPrereleases && step.order !== undefined && step.order.prerelease.length > 0) return false;
  return isSound(step, plan) && step.fits(hardware) && canTake(device, step, target.terms.type);
}

/** Its attempts count apart from those of the target. In mode `latest` each release counts by itself anyway. */
function originOfStep({ rollout, origin }: Target, step: PlannedRelease): string {
  if (origin.startsWith('latest:')) return `latest:${step.id}`;
  return `hop:${rollout?.id ?? origin}:${step.id}`;
}

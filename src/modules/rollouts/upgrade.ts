import { compareVersions, isPrerelease, isSameVersion } from '../releases/version';
import type { Reason } from './decision';
import { isFit } from './fit';
import type { PlannedRelease } from './plan';
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
  const isAdmitted = (step: PlannedRelease): boolean => step.upgrades?.(installed) !== false;
  const reaching: PlannedRelease[] = [target.release];
  for (const step of question.plan.stepsByName.get(target.release.name) ?? []) {
    if (!isBetween(step.version, installed, target.release.version)) continue;
    if (!reaching.some((later) => leadsTo(step, later))) continue;
    if (!isOfferable(question, target, step)) continue;
    if (isAdmitted(step)) return step;
    reaching.push(step);
  }
  return undefined;
}

function leadsTo(step: PlannedRelease, later: PlannedRelease): boolean {
  if ((compareVersions(step.version, later.version) ?? 0) >= 0) return false;
  return later.upgrades?.(step.version) !== false;
}

function isBetween(version: string, installed: string, wanted: string): boolean {
  return (compareVersions(version, installed) ?? 0) > 0 && (compareVersions(version, wanted) ?? 0) < 0;
}

function isOfferable({ device, plan }: Question, target: Target, step: PlannedRelease): boolean {
  const takes = device.takesPrereleases || !isPrerelease(step.version);
  return takes && isSound(step, plan) && isFit(device, step, target.terms.type);
}

/** Its attempts count apart from those of the target. In mode `latest` each release counts by itself anyway. */
function originOfStep({ rollout, origin }: Target, step: PlannedRelease): string {
  if (origin.startsWith('latest:')) return `latest:${step.id}`;
  return `hop:${rollout?.id ?? origin}:${step.id}`;
}

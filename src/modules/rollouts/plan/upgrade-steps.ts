import type { SemVer } from 'semver';

/** A release as far as it is a step from one version to another. */
export interface UpgradeStep {
  readonly version: string;
  readonly order: SemVer | undefined;
  /** Whether it upgrades from this version; undefined: from any. */
  readonly upgrades: ((installed: string) => boolean) | undefined;
}

/** The releases of one name, the highest first, and which of them may follow which. */
export class UpgradeSteps<Step extends UpgradeStep> {
  private readonly followers = new Map<Step, readonly Step[]>();

  constructor(readonly releases: readonly Step[]) {}

  /** The higher ones that upgrade from `step`. Found at the first question, since most are never asked about. */
  after(step: Step): readonly Step[] {
    const known = this.followers.get(step);
    if (known !== undefined) return known;
    const found = this.releases.filter(
      (later) => isAbove(later, step) && later.upgrades?.(step.version) !== false,
    );
    this.followers.set(step, found);
    return found;
  }
}

function isAbove({ order: later }: UpgradeStep, { order: step }: UpgradeStep): boolean {
  return later !== undefined && step !== undefined && later.compare(step) > 0;
}

import type { ActionTerms } from '../actions/action';
import { hardwareMatcher, type Hardware } from '../releases/hardware';
import type { ReleaseFacts } from '../releases/release';
import { compareVersions, isPrerelease, parseVersion } from '../releases/version';
import type { TenantSettings } from '../tenants/tenant-settings';
import { storedPacing, type Pacing } from './pacing';
import type { RolloutState, Wave } from './rollout';

/** A release as deciding sees it, its hardware patterns compiled. */
export interface PlannedRelease extends ReleaseFacts {
  readonly fits: (hardware: Hardware) => boolean;
}

export interface PlannedRollout {
  readonly id: string;
  readonly name: string;
  readonly feedId: string;
  readonly release: PlannedRelease;
  readonly state: RolloutState;
  readonly priority: number;
  readonly startedAtMs: number;
  readonly salt: string;
  readonly attempts: number;
  readonly allowsDowngrade: boolean;
  readonly currentWave: number;
  readonly terms: ActionTerms;
  readonly waves: readonly Wave[];
}

/**
 * Everything about a tenant that a decision depends on, apart from the device: small, in memory, and replaced whole
 * when its revision changes. Built once, so that a poll only looks up.
 */
export interface Plan {
  readonly tenantId: string;
  readonly revision: bigint;
  readonly isStopped: boolean;
  readonly settings: TenantSettings;
  /** Undefined: as the server says. */
  readonly pacing: Pacing | undefined;
  readonly releases: ReadonlyMap<string, PlannedRelease>;
  readonly rollouts: ReadonlyMap<string, PlannedRollout>;
  /** Running, paused and finished rollouts of a feed, the one that counts first: priority, then latest start. */
  readonly rolloutsByFeed: ReadonlyMap<string, readonly PlannedRollout[]>;
  /** Releases with a SemVer version, highest first: the candidates of mode `latest`. */
  readonly latest: readonly PlannedRelease[];
}

/** The rows a plan is made of, read on one snapshot. */
export interface PlanRows {
  readonly tenantId: string;
  readonly revision: bigint;
  readonly isStopped: boolean;
  readonly settings: TenantSettings;
  readonly releases: readonly ReleaseFacts[];
  readonly rollouts: readonly (Omit<PlannedRollout, 'release'> & { readonly releaseId: string })[];
}

const IN_FORCE: readonly RolloutState[] = ['running', 'paused', 'finished'];

export function buildPlan(rows: PlanRows): Plan {
  const releases = new Map(
    rows.releases.map((release) => [release.id, { ...release, fits: hardwareMatcher(release.hardware) }]),
  );
  const rollouts = new Map<string, PlannedRollout>();
  for (const { releaseId, ...row } of rows.rollouts) {
    const release = releases.get(releaseId);
    if (release !== undefined) rollouts.set(row.id, { ...row, release });
  }
  return {
    tenantId: rows.tenantId,
    revision: rows.revision,
    isStopped: rows.isStopped,
    settings: rows.settings,
    pacing: storedPacing(rows.settings.polling),
    releases,
    rollouts,
    rolloutsByFeed: byFeed([...rollouts.values()]),
    latest: [...releases.values()].filter(hasOrder).sort(highestFirst),
  };
}

function byFeed(rollouts: PlannedRollout[]): Map<string, PlannedRollout[]> {
  const inForce = rollouts
    .filter((rollout) => IN_FORCE.includes(rollout.state))
    .sort((a, b) => b.priority - a.priority || b.startedAtMs - a.startedAtMs || Number(b.id) - Number(a.id));
  const feeds = new Map<string, PlannedRollout[]>();
  for (const rollout of inForce) {
    const known = feeds.get(rollout.feedId);
    if (known === undefined) feeds.set(rollout.feedId, [rollout]);
    else known.push(rollout);
  }
  return feeds;
}

function hasOrder(release: PlannedRelease): boolean {
  return parseVersion(release.version) !== undefined;
}

function highestFirst(a: PlannedRelease, b: PlannedRelease): number {
  return -(compareVersions(a.version, b.version) ?? 0) || Number(b.id) - Number(a.id);
}

/** The highest release that fits; prereleases only for devices that take them. Withdrawn releases are passed over. */
export function latestFor(
  plan: Plan,
  hardware: Hardware,
  takesPrereleases: boolean,
): PlannedRelease | undefined {
  return plan.latest.find(
    (release) =>
      !release.isWithdrawn &&
      release.invalidation === undefined &&
      (takesPrereleases || !isPrerelease(release.version)) &&
      release.fits(hardware),
  );
}

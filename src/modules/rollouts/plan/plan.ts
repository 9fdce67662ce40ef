import type { SemVer } from 'semver';
import type { ActionTerms } from '../../actions/action/action';
import { hardwareMatcher, type Hardware } from '../../releases/release/hardware';
import type { ReleaseFacts } from '../../releases/release/release';
import { isPrerelease, parseVersion } from '../../releases/release/version';
import type { TenantSettings } from '../../tenants/tenant-settings';
import { RsqlError } from '../../../platform/rsql/rsql.errors';
import { storedPacing, TOLD, type Pacing } from './pacing';
import { deviceFilter, isAnsweredBy, type DeviceFilter } from '../../devices/device/device-filter';
import { BUCKETS } from '../rollout/bucket';
import type { Confirms, Pace } from '../rollout/conduct';
import { IN_FORCE, type RolloutState } from '../rollout/rollout';
import { RolloutWindows, type RolloutWindow } from '../rollout/rollout-window';
import { upgradeRange } from './upgrade-range';
import { UpgradeSteps } from './upgrade-steps';
import type { Wave } from '../rollout/wave';
import { WaveRoll } from '../rollout/wave-roll';

/** A release as deciding sees it, its hardware patterns and its range of versions compiled. */
export interface PlannedRelease extends ReleaseFacts {
  readonly fits: (hardware: Hardware) => boolean;
  /** Its version, if that is a SemVer. */
  readonly order: SemVer | undefined;
  /** Whether it upgrades from this version; undefined: from any. */
  readonly upgrades: ((installed: string) => boolean) | undefined;
}

/** A filter with whether it asks for more of a device than a candidate tells. */
export interface PlannedFilter {
  readonly filter: DeviceFilter;
  readonly needsRow: boolean;
}

/** A rollout whose devices are brought back, and what it brought them. */
export interface Reverted {
  readonly rolloutId: string;
  readonly version: string;
}

export interface PlannedRollout {
  readonly id: string;
  readonly name: string;
  /** Undefined: it is not about a feed. */
  readonly feedId: string | undefined;
  readonly filter: DeviceFilter | undefined;
  readonly reverts: Reverted | undefined;
  readonly release: PlannedRelease;
  readonly state: RolloutState;
  readonly priority: number;
  readonly startedAtMs: number;
  readonly salt: string;
  readonly attempts: number;
  readonly retryBackoffMs: number;
  readonly allowsDowngrade: boolean;
  readonly confirms: Confirms;
  readonly currentWave: number;
  readonly pace: Pace;
  readonly mostDevices: number | undefined;
  readonly windows: readonly RolloutWindow[];
  readonly terms: ActionTerms;
  readonly waves: readonly PlannedWave[];
  /** The waves up to the current one, the first first. */
  readonly reached: readonly PlannedWave[];
  /** Whom they name by id and by tag. */
  readonly roll: WaveRoll;
  /** The filter again, ready to be asked. */
  readonly population: PlannedFilter | undefined;
  /** Undefined: at any time. */
  readonly hours: RolloutWindows | undefined;
}

/** A wave whose filter is ready to be asked. */
export interface PlannedWave extends Wave {
  readonly filter: DeviceFilter | undefined;
  /** The same filter, ready to be asked. */
  readonly named: PlannedFilter | undefined;
  /** Nobody is left out: no bucket has to be computed. */
  readonly isEveryone: boolean;
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
  /** The same of rollouts that are not about a feed. */
  readonly rolloutsOfNoFeed: readonly PlannedRollout[];
  /** Both of a feed that has rollouts, in one order: all that its devices may get. Those of another feed: {@link rolloutsOfNoFeed}. */
  readonly inForceOn: ReadonlyMap<string, readonly PlannedRollout[]>;
  /** Some rollout asks for more of a device than a candidate tells: its row has to be read before it is decided. */
  readonly needsRow: boolean;
  /** Releases with a SemVer version, highest first: the candidates of mode `latest`. */
  readonly latest: readonly PlannedRelease[];
  /** By name the releases with a SemVer version, highest first, where one of them names the versions that it upgrades from. */
  readonly stepsByName: ReadonlyMap<string, UpgradeSteps<PlannedRelease>>;
}

/** The rows a plan is made of, read on one snapshot. */
export interface PlanRows {
  readonly tenantId: string;
  readonly revision: bigint;
  readonly isStopped: boolean;
  readonly settings: TenantSettings;
  readonly releases: readonly ReleaseFacts[];
  readonly rollouts: readonly RolloutFacts[];
}

/** A rollout as it is stored: its filters are texts. */
export interface RolloutFacts extends Omit<
  PlannedRollout,
  'release' | 'filter' | 'waves' | 'reached' | 'roll' | 'population' | 'hours'
> {
  readonly releaseId: string;
  readonly filter: string | undefined;
  readonly waves: readonly Wave[];
}

export function buildPlan(rows: PlanRows): Plan {
  const releases = new Map(
    rows.releases.map((release): [string, PlannedRelease] => [release.id, plannedRelease(release)]),
  );
  const rollouts = new Map<string, PlannedRollout>();
  for (const facts of rows.rollouts) {
    const release = releases.get(facts.releaseId);
    const rollout = release === undefined ? undefined : plannedRollout(facts, release);
    if (rollout !== undefined) rollouts.set(rollout.id, rollout);
  }
  const inForce = [...rollouts.values()]
    .filter(({ state }) => IN_FORCE.includes(state))
    .sort(firstThatCounts);
  const rolloutsOfNoFeed = inForce.filter(({ feedId }) => feedId === undefined);
  const rolloutsByFeed = byFeed(inForce);
  const latest = [...releases.values()].filter(hasOrder).sort(highestFirst);
  return {
    tenantId: rows.tenantId,
    revision: rows.revision,
    isStopped: rows.isStopped,
    settings: rows.settings,
    pacing: storedPacing(rows.settings.polling),
    releases,
    rollouts,
    rolloutsByFeed,
    rolloutsOfNoFeed,
    inForceOn: withThoseOfNoFeed(rolloutsByFeed, rolloutsOfNoFeed),
    needsRow: inForce.some(asksForRow),
    latest,
    stepsByName: stepsByName(latest),
  };
}

function plannedRelease(release: ReleaseFacts): PlannedRelease {
  return {
    ...release,
    fits: hardwareMatcher(release.hardware),
    order: parseVersion(release.version),
    upgrades: release.upgradeFrom === undefined ? undefined : upgradeRange(release.upgradeFrom),
  };
}

/** Undefined for one whose filter this version cannot read, since fields come and go: better nobody than everybody. */
function plannedRollout(facts: RolloutFacts, release: PlannedRelease): PlannedRollout | undefined {
  const { filter, waves, releaseId: _releaseId, ...row } = facts;
  try {
    const planned = waves.map(plannedWave).sort(byPosition);
    const population = readFilter(filter);
    return {
      ...row,
      release,
      filter: population?.filter,
      population,
      waves: planned,
      reached: planned.filter(({ position }) => position <= row.currentWave),
      roll: new WaveRoll(planned),
      hours: row.windows.length === 0 ? undefined : new RolloutWindows(row.windows),
    };
  } catch (error) {
    if (error instanceof RsqlError) return undefined;
    throw error;
  }
}

function plannedWave(wave: Wave): PlannedWave {
  const named = readFilter(wave.members.filter);
  return {
    ...wave,
    filter: named?.filter,
    named,
    isEveryone: wave.buckets >= BUCKETS,
  };
}

function byPosition(a: PlannedWave, b: PlannedWave): number {
  return a.position - b.position;
}

function readFilter(text: string | undefined): PlannedFilter | undefined {
  if (text === undefined) return undefined;
  const filter = deviceFilter(text);
  return { filter, needsRow: !isAnsweredBy(filter, TOLD) };
}

/** Windows by each device's own clock ask for its attributes, since it may tell its zone there. */
function asksForRow({ population, waves, hours }: PlannedRollout): boolean {
  return (
    hours?.asksForZone === true ||
    population?.needsRow === true ||
    waves.some(({ members, named }) => members.tags.length > 0 || named?.needsRow === true)
  );
}

function firstThatCounts(a: PlannedRollout, b: PlannedRollout): number {
  return b.priority - a.priority || b.startedAtMs - a.startedAtMs || Number(b.id) - Number(a.id);
}

function byFeed(inForce: readonly PlannedRollout[]): Map<string, PlannedRollout[]> {
  const feeds = new Map<string, PlannedRollout[]>();
  for (const rollout of inForce) {
    if (rollout.feedId === undefined) continue;
    const known = feeds.get(rollout.feedId);
    if (known === undefined) feeds.set(rollout.feedId, [rollout]);
    else known.push(rollout);
  }
  return feeds;
}

function withThoseOfNoFeed(
  feeds: ReadonlyMap<string, readonly PlannedRollout[]>,
  others: readonly PlannedRollout[],
): Map<string, readonly PlannedRollout[]> {
  return new Map(
    [...feeds].map(([feedId, own]) => [
      feedId,
      others.length === 0 ? own : [...own, ...others].sort(firstThatCounts),
    ]),
  );
}

function stepsByName(latest: readonly PlannedRelease[]): Map<string, UpgradeSteps<PlannedRelease>> {
  const names = new Set(latest.flatMap(({ name, upgrades }) => (upgrades === undefined ? [] : [name])));
  const steps = new Map<string, PlannedRelease[]>();
  for (const release of latest) {
    if (!names.has(release.name)) continue;
    const known = steps.get(release.name);
    if (known === undefined) steps.set(release.name, [release]);
    else known.push(release);
  }
  return new Map([...steps].map(([name, releases]) => [name, new UpgradeSteps(releases)]));
}

function hasOrder({ order }: PlannedRelease): boolean {
  return order !== undefined;
}

function highestFirst(a: PlannedRelease, b: PlannedRelease): number {
  return compareOrders(b, a) || Number(b.id) - Number(a.id);
}

/** 0 for what cannot be ordered. */
function compareOrders(a: PlannedRelease, b: PlannedRelease): number {
  return a.order === undefined || b.order === undefined ? 0 : a.order.compare(b.order);
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

import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database';
import type { DeviceFilter } from '../devices/device-filter';
import type { Hardware } from '../releases/hardware';
import { compareVersions, isSameVersion } from '../releases/version';
import { BUCKETS } from './bucket';
import type { PlannedRollout, PlannedWave } from './plan';
import { stillRuns } from './population';

interface CandidateClass {
  model: string | null;
  revision: string | null;
  version: string | null;
}

/** Looked at at once; kinds of devices that the release is not for are left out of the next look. */
const SAMPLE = 100;
/** After so many looks at devices that are none, there may be one: nobody is hurried by a guess. */
const MOST_LOOKS = 50;

/** The first 8 bytes of SHA-256(salt ‖ controllerId) mod 10 000, in halves that a bigint holds; as `bucketOf` has it. */
export function bucketSql(salt: string, controllerId: string): string {
  const hex = `encode(substring(sha256(convert_to(${salt} || ${controllerId}, 'UTF8')) FROM 1 FOR 8), 'hex')`;
  const half = (from: number): string => `('x' || substr(${hex}, ${from}, 8))::bit(32)::bigint`;
  return `(((${half(1)} % ${BUCKETS}) * ${2 ** 32 % BUCKETS} + ${half(9)}) % ${BUCKETS})`;
}

/** Who could still be admitted to a rollout, asked of the database as it is now. */
@Injectable()
export class PopulationRepository {
  constructor(private readonly database: Database) {}

  /**
   * Whether a wave (or, without one, any wave) means a device that was not admitted yet: let in, not pinned, in mode `rollout`,
   * and one that the release is for. Never counts them: one is enough to wait for.
   */
  async hasRemaining(tenantId: string, rollout: PlannedRollout, position?: number): Promise<boolean> {
    const others: CandidateClass[] = [];
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const seen = await this.look(tenantId, rollout, { position, others });
      if (seen.some((one) => isFor(rollout, one))) return true;
      if (seen.length < SAMPLE) return false;
      others.push(...distinct(seen));
    }
    return true;
  }

  private async look(
    tenantId: string,
    rollout: PlannedRollout,
    { position, others }: { position: number | undefined; others: readonly CandidateClass[] },
  ): Promise<CandidateClass[]> {
    const values = new Values(tenantId, rollout.id);
    const conditions = [
      ...populationOf(rollout, values),
      position === undefined ? anyOf(rollout.waves, rollout, values) : waveOnly(rollout, position, values),
      `NOT EXISTS (SELECT 1 FROM unnest(${values.add(others.map((one) => one.model))}::text[],
           ${values.add(others.map((one) => one.revision))}::text[], ${values.add(others.map((one) => one.version))}::text[])
           AS other (model, revision, version)
         WHERE other.model IS NOT DISTINCT FROM coalesce(d.set_model, d.reported_model)
           AND other.revision IS NOT DISTINCT FROM coalesce(d.set_revision, d.reported_revision)
           AND other.version IS NOT DISTINCT FROM d.installed_version)`,
    ];
    return this.database.query<CandidateClass>(
      `SELECT coalesce(d.set_model, d.reported_model) AS model, coalesce(d.set_revision, d.reported_revision) AS revision,
              d.installed_version AS version
         FROM device d JOIN feed f ON f.id = d.feed_id AND f.tenant_id = d.tenant_id
         LEFT JOIN device_presence p ON p.device_id = d.id AND p.tenant_id = d.tenant_id
        WHERE d.tenant_id = $1 AND NOT d.is_pinned AND d.approval = 'approved' AND d.mode = 'rollout'
          AND NOT EXISTS (SELECT 1 FROM rollout_device m
                           WHERE m.tenant_id = $1 AND m.rollout_id = $2 AND m.device_id = d.id)
          AND ${conditions.join(' AND ')} LIMIT ${SAMPLE}`,
      values.all,
    );
  }
}

/** The parameters of a statement that is put together. */
class Values {
  readonly all: unknown[];

  constructor(...first: unknown[]) {
    this.all = first;
  }

  /** How the statement calls the value. */
  add(value: unknown): string {
    this.all.push(value);
    return `$${this.all.length}`;
  }

  /** The condition with its parameters among these. */
  addFilter(filter: DeviceFilter): string {
    const { text, values } = filter.sql(this.all.length + 1);
    this.all.push(...values);
    return `(${text})`;
  }
}

function populationOf(rollout: PlannedRollout, values: Values): string[] {
  const { feedId, filter, reverts, release } = rollout;
  return [
    ...(feedId === undefined ? [] : [`d.feed_id = ${values.add(feedId)}`]),
    ...(filter === undefined ? [] : [values.addFilter(filter)]),
    ...(reverts === undefined
      ? []
      : [
          `d.changed_by_rollout_id = ${values.add(reverts.rolloutId)} AND d.changed_from_release_id = ${values.add(release.id)}`,
        ]),
  ];
}

/** Those who belong to this wave and to none before it, as the wave is fixed at admission. */
function waveOnly(rollout: PlannedRollout, position: number, values: Values): string {
  const own = rollout.waves.filter((wave) => wave.position === position);
  const earlier = rollout.waves.filter((wave) => wave.position < position);
  return `${anyOf(own, rollout, values)} AND NOT ${anyOf(earlier, rollout, values)}`;
}

function anyOf(waves: readonly PlannedWave[], { salt }: PlannedRollout, values: Values): string {
  const buckets = Math.max(0, ...waves.map((wave) => wave.buckets));
  if (buckets >= BUCKETS) return 'true';
  const ids = waves.flatMap((wave) => wave.members.controllerIds);
  const tags = waves.flatMap((wave) => wave.members.tags);
  const ways = [
    ...(buckets === 0 ? [] : [`${bucketSql(`${values.add(salt)}::text`, 'd.controller_id')} < ${buckets}`]),
    ...(ids.length === 0 ? [] : [`d.controller_id = ANY(${values.add(ids)}::text[])`]),
    ...(tags.length === 0 ? [] : [`d.tags && ${values.add(tags)}::text[]`]),
    ...waves.flatMap(({ filter }) => (filter === undefined ? [] : [values.addFilter(filter)])),
  ];
  return ways.length === 0 ? 'false' : `(${ways.join(' OR ')})`;
}

/** Rules 3 to 6, for a kind of devices: those that the release is not for will never be admitted. */
function isFor(
  { release, allowsDowngrade, reverts }: PlannedRollout,
  { model, revision, version }: CandidateClass,
): boolean {
  const hardware: Hardware = { model: model ?? '', revision: revision ?? undefined };
  if (release.hardware.length === 0 || !release.fits(hardware)) return false;
  if (reverts !== undefined && !stillRuns(version ?? undefined, reverts)) return false;
  if (version === null) return true;
  if (isSameVersion(version, release.version)) return false;
  return allowsDowngrade || (compareVersions(release.version, version) ?? 0) >= 0;
}

function distinct(seen: readonly CandidateClass[]): CandidateClass[] {
  return [
    ...new Map(seen.map((one) => [JSON.stringify([one.model, one.revision, one.version]), one])).values(),
  ];
}

import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database';
import { compareVersions, isSameVersion } from '../../releases/release/version';
import { bucketSql } from '../rollout/bucket';
import type { PlannedRollout } from './plan';
import { stillRuns } from './population';
import { inWavesSql, meantSql, Values } from './population-sql';

interface DeviceKind {
  model: string | null;
  revision: string | null;
  version: string | null;
}

/** Looked at at once; kinds of devices that the release is not for are left out of the next look. */
const SAMPLE = 100;
/** After so many looks at devices that are none, there may be one: nobody is hurried by a guess. */
const MOST_LOOKS = 50;
/** More rows at once than that make a start slow for nothing. */
const MOST_ROWS = 5000;

const MODEL = 'coalesce(d.set_model, d.reported_model)';
const REVISION = 'coalesce(d.set_revision, d.reported_revision)';
/** Devices that rollouts may reach, with all that filters ask for. */
const REACHABLE = `
  FROM device d JOIN feed f ON f.id = d.feed_id AND f.tenant_id = d.tenant_id
  LEFT JOIN device_presence p ON p.device_id = d.id AND p.tenant_id = d.tenant_id
 WHERE NOT d.is_pinned AND d.approval = 'approved' AND d.mode = 'rollout'`;

/**
 * Whom a rollout means just now, asked of the database. Nobody is counted beyond what has to be known, so that a large fleet costs
 * no more than a small one.
 */
@Injectable()
export class PopulationRepository {
  constructor(private readonly database: Database) {}

  /** How many devices belong to a wave and to none before it, and have hardware that the release fits; counted up to `most`. */
  async countUpTo(
    most: number,
    tenantId: string,
    rollout: PlannedRollout,
    position: number,
  ): Promise<number> {
    const values = new Values();
    const conditions = `d.tenant_id = ${values.add(tenantId, 'bigint')} AND ${meantSql(values, rollout)}
      AND ${waveOnly(values, rollout, position)}`;
    let found = 0;
    let after = '0';
    for (let limit = Math.min(most, MOST_ROWS); found < most; limit = Math.min(limit * 2, MOST_ROWS)) {
      const rows = await this.database.query<DeviceKind & { id: string }>(
        `SELECT d.id, ${MODEL} AS model, ${REVISION} AS revision, d.installed_version AS version ${REACHABLE}
            AND ${conditions} AND d.id > $${values.all.length + 1} ORDER BY d.id LIMIT $${values.all.length + 2}`,
        [...values.all, after, limit],
      );
      found += rows.filter((row) => fits(rollout, row)).length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) break;
      after = last.id;
    }
    return Math.min(found, most);
  }

  /**
   * Whether a wave (or, without one, any wave) means a device that was not admitted yet: let in, not pinned, in mode `rollout`,
   * and one that the release is for. Never counts them: one is enough to wait for.
   */
  async hasRemaining(tenantId: string, rollout: PlannedRollout, position?: number): Promise<boolean> {
    const others: DeviceKind[] = [];
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
    { position, others }: { position: number | undefined; others: readonly DeviceKind[] },
  ): Promise<DeviceKind[]> {
    const values = new Values();
    const tenant = values.add(tenantId, 'bigint');
    const texts = (of: (one: DeviceKind) => string | null): string => values.add(others.map(of), 'text[]');
    const conditions = [
      `d.tenant_id = ${tenant}`,
      `NOT EXISTS (SELECT 1 FROM rollout_device m WHERE m.tenant_id = ${tenant}
           AND m.rollout_id = ${values.add(rollout.id, 'bigint')} AND m.device_id = d.id)`,
      meantSql(values, rollout),
      position === undefined
        ? inWavesSql(values, rollout.waves, bucketIn(values, rollout))
        : waveOnly(values, rollout, position),
      `NOT EXISTS (SELECT 1 FROM unnest(${texts((one) => one.model)}, ${texts((one) => one.revision)},
             ${texts((one) => one.version)}) AS other (model, revision, version)
           WHERE other.model IS NOT DISTINCT FROM ${MODEL} AND other.revision IS NOT DISTINCT FROM ${REVISION}
             AND other.version IS NOT DISTINCT FROM d.installed_version)`,
    ];
    return this.database.query<DeviceKind>(
      `SELECT ${MODEL} AS model, ${REVISION} AS revision, d.installed_version AS version ${REACHABLE}
          AND ${conditions.join(' AND ')} LIMIT ${SAMPLE}`,
      values.all,
    );
  }
}

/** Those who belong to this wave and to none before it, as the wave is fixed at admission. */
function waveOnly(values: Values, rollout: PlannedRollout, position: number): string {
  const bucket = bucketIn(values, rollout);
  const own = rollout.waves.filter((wave) => wave.position === position);
  const earlier = rollout.waves.filter((wave) => wave.position < position);
  return `${inWavesSql(values, own, bucket)} AND NOT ${inWavesSql(values, earlier, bucket)}`;
}

function bucketIn(values: Values, { salt }: PlannedRollout): () => string {
  return () => bucketSql(values.add(salt, 'text'), 'd.controller_id');
}

/** Rules 3 to 6, for a kind of devices: those that the release is not for will never be admitted. */
function isFor(rollout: PlannedRollout, kind: DeviceKind): boolean {
  return fits(rollout, kind) && isUpFor(rollout, kind.version ?? undefined);
}

function fits({ release }: PlannedRollout, { model, revision }: DeviceKind): boolean {
  const hardware = { model: model ?? '', revision: revision ?? undefined };
  return release.hardware.length > 0 && release.fits(hardware);
}

function isUpFor(
  { release, allowsDowngrade, reverts }: PlannedRollout,
  installed: string | undefined,
): boolean {
  if (reverts !== undefined && !stillRuns(installed, reverts)) return false;
  if (installed === undefined) return true;
  if (isSameVersion(installed, release.version)) return false;
  return allowsDowngrade || (compareVersions(release.version, installed) ?? 0) >= 0;
}

function distinct(seen: readonly DeviceKind[]): DeviceKind[] {
  return [
    ...new Map(seen.map((one) => [JSON.stringify([one.model, one.revision, one.version]), one])).values(),
  ];
}

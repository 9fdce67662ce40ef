import type { DeviceFilter } from '../../devices/device/device-filter';
import { BUCKETS } from '../rollout/bucket';
import type { PlannedRollout, PlannedWave } from './plan';

/** The parameters of a statement that is put together. */
export class Values {
  readonly all: unknown[] = [];

  /** How the statement calls the value. */
  add(value: unknown, type: string): string {
    this.all.push(value);
    return `$${this.all.length}::${type}`;
  }

  /** The condition with its parameters among these. */
  filter(filter: DeviceFilter): string {
    const { text, values } = filter.sql(this.all.length + 1);
    this.all.push(...values);
    return `(${text})`;
  }
}

/**
 * Whom a rollout means (rule 3) of the devices `d`, but for one thing: whether a device still runs what a rollback takes back. SQL
 * compares no versions; see `stillRuns`.
 */
export function meantSql(values: Values, { feedId, filter, reverts, release }: PlannedRollout): string {
  const parts = ['true'];
  if (feedId !== undefined) parts.push(`d.feed_id = ${values.add(feedId, 'bigint')}`);
  if (filter !== undefined) parts.push(values.filter(filter));
  if (reverts !== undefined)
    parts.push(
      `coalesce(d.changed_by_rollout_id = ${values.add(reverts.rolloutId, 'bigint')}
                AND d.changed_from_release_id = ${values.add(release.id, 'bigint')}, false)`,
    );
  return `(${parts.join(' AND ')})`;
}

/** Who belongs to one of the waves at least (rule 9); `bucket` tells each device's, and is left out where nothing depends on it. */
export function inWavesSql(values: Values, waves: readonly PlannedWave[], bucket: () => string): string {
  const buckets = Math.max(0, ...waves.map((wave) => wave.buckets));
  if (buckets >= BUCKETS) return 'true';
  const ids = waves.flatMap(({ members }) => members.controllerIds);
  const tags = waves.flatMap(({ members }) => members.tags);
  const ways = [
    ...(buckets === 0 ? [] : [`${bucket()} < ${values.add(buckets, 'int')}`]),
    ...(ids.length === 0 ? [] : [`d.controller_id = ANY(${values.add(ids, 'text[]')})`]),
    ...(tags.length === 0 ? [] : [`d.tags && ${values.add(tags, 'text[]')}`]),
    ...waves.flatMap(({ filter }) => (filter === undefined ? [] : [values.filter(filter)])),
  ];
  return ways.length === 0 ? 'false' : `(${ways.join(' OR ')})`;
}

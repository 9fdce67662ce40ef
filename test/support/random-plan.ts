import fc from 'fast-check';
import type { Database } from '../../src/platform/database/database';
import { printRsql } from '../../src/platform/rsql/print';
import { aFilter } from './a-filter';
import { aDeviceComparison } from './random-devices';

const HOUR_MS = 3_600_000;
const VERSIONS = ['1.0', '1.10', '1.1.0-rc.1', '2.0.0', '3.0', 'nightly'];
const maybe = <T>(one: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | null> => fc.option(one, { freq });
const share = fc.constantFrom(0, 1, 500, 3000, 5000, 9000, 10_000, 10_000);
const filter = aFilter(aDeviceComparison).map(printRsql);

const release = fc.record({
  version: fc.constantFrom(...VERSIONS),
  hardware: fc.constantFrom(
    [{ model: '*', revision: '*' }],
    [{ model: '*', revision: '*' }],
    [{ model: 'a', revision: '*' }],
    [{ model: 'board-1', revision: '*' }],
    [],
  ),
  is_withdrawn: fc.nat(9).map((n) => n === 0),
  upgrade_from: maybe(fc.constantFrom('>=1.0 <2', '>=2', '*', '<1'), 3),
  p90_ms: maybe(fc.constantFrom(60_000, 48 * HOUR_MS)),
});

const wave = fc.record({
  buckets: share,
  ids: fc.subarray(['d0', 'dev-2', 'D1', 'dA']),
  tags: fc.subarray(['a', 'eu', 'EU']),
  filter: maybe(filter, 3),
});

const rollout = fc.record({
  population: fc.constantFrom('feed', 'feed', 'filter', 'both', 'reverts'),
  filter,
  feed: fc.constantFrom('default', 'Europe'),
  state: fc.constantFrom('draft', 'running', 'running', 'paused', 'finished', 'aborted'),
  priority: fc.nat(2),
  attempts: fc.integer({ min: 1, max: 2 }),
  retry_backoff_ms: fc.constantFrom(0, HOUR_MS),
  allows_downgrade: fc.boolean(),
  current_wave: fc.integer({ min: 1, max: 2 }),
  windows: fc.constantFrom(
    [],
    [],
    [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 720 }],
    [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440, timezone: 'Europe/Berlin' }],
  ),
  release: fc.nat(3),
  waves: fc.array(wave, { minLength: 1, maxLength: 3 }),
});

/** What of a device depends on rollouts: attempts, an update under way, who changed it. */
const history = fc.record({
  attempts: fc.nat(2),
  hours: fc.nat(2),
  isQuiet: fc.nat(9).map((n) => n === 0),
  client: maybe(fc.constantFrom('swupdate', 'zephyr', 'rauc'), 3),
  timezone: maybe(fc.constantFrom('Asia/Kolkata', 'Pacific/Apia', '-11:00'), 3),
  zoneTold: maybe(fc.constantFrom('Australia/Lord_Howe', 'nowhere', '+09:30'), 3),
  forced: fc.nat(19).map((n) => n === 0),
  action: fc.constantFrom(null, null, null, null, 'offered', 'downloading'),
});

const plan = fc.record({
  releases: fc.array(release, { minLength: 4, maxLength: 4 }),
  rollouts: fc.array(rollout, { minLength: 2, maxLength: 5 }),
  histories: fc.array(history, { minLength: 40, maxLength: 40 }),
  freezes: fc.nat(9).map((n) => n === 0),
});

/** Replaces what tenant 1 has of releases and rollouts by random ones and tells the rollouts' ids; its devices get another past. */
export async function insertRandomPlan(database: Database, seed: number): Promise<string[]> {
  const [made] = fc.sample(plan, { numRuns: 1, seed });
  if (made === undefined) throw new Error('no plan');
  return database.transaction(async (tx) => {
    await tx.query('UPDATE device SET forced_release_id = NULL WHERE tenant_id = 1');
    for (const table of ['action', 'device_attempt', 'rollout', 'release'])
      await tx.query(`DELETE FROM ${table} WHERE tenant_id = 1`);
    const releases: string[] = [];
    for (const [index, one] of made.releases.entries()) {
      const [row] = await tx.query<{ id: string }>(
        `INSERT INTO release (tenant_id, name, version, hardware, is_withdrawn, upgrade_from, p90_ms, digest, created_by)
         VALUES (1, $1, $2, $3, $4, $5, $6, 'none', 'test') RETURNING id`,
        [
          ...['firmware', `${one.version}${one.version === 'nightly' ? index : `+b${index}`}`],
          ...[JSON.stringify(one.hardware), one.is_withdrawn, one.upgrade_from, one.p90_ms],
        ],
      );
      releases.push(row!.id);
    }
    const rollouts: string[] = [];
    for (const [index, one] of made.rollouts.entries()) {
      const { population, feed } = one;
      const isReverting = population === 'reverts' && rollouts.length > 0;
      const [row] = await tx.query<{ id: string }>(
        `INSERT INTO rollout (tenant_id, name, feed_id, filter, reverts_rollout_id, release_id, state, priority, attempts,
                retry_backoff_ms, allows_downgrade, current_wave, windows, salt, created_by, started_at)
         VALUES (1, $1, (SELECT id FROM feed WHERE tenant_id = 1 AND name = $2), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
                'test', CASE WHEN $6 IN ('draft', 'aborted') THEN NULL ELSE now() - $14 * interval '1 hour' END) RETURNING id`,
        [
          ...[`rollout ${index}`, population === 'filter' || isReverting ? null : feed],
          ...[population === 'filter' || population === 'both' ? one.filter : null],
          ...[isReverting ? rollouts[0] : null, releases[one.release], one.state, one.priority, one.attempts],
          ...[one.retry_backoff_ms, one.allows_downgrade, one.current_wave, JSON.stringify(one.windows)],
          ...[`salt ${index}`, index],
        ],
      );
      rollouts.push(row!.id);
      for (const [at, { buckets, ids, tags, filter: named }] of one.waves.entries())
        await tx.query(
          `INSERT INTO rollout_wave (tenant_id, rollout_id, position, buckets, member_ids, member_tags, member_filter)
           VALUES (1, $1, $2, $3, $4, $5, $6)`,
          [row!.id, at + 1, buckets, ids, tags, named],
        );
    }
    await tx.query(
      `WITH past AS (SELECT * FROM jsonb_to_recordset($1) AS h (attempts int, hours int, "isQuiet" boolean, client text,
                timezone text, "zoneTold" text, forced boolean)),
            numbered AS (SELECT *, row_number() OVER () - 1 AS n FROM past)
       UPDATE device d SET quiet_until = CASE WHEN h."isQuiet" THEN now() + interval '1 hour' END, set_client = h.client,
              time_zone = h.timezone,
              attributes = d.attributes - 'Timezone' || CASE WHEN h."zoneTold" IS NULL THEN '{}' ELSE
                jsonb_build_object('Timezone', h."zoneTold") END,
              -- Few kinds of devices, or no two would be alike.
              mode = CASE WHEN d.id % 9 = 0 THEN 'latest' ELSE 'rollout' END, is_pinned = d.id % 29 = 0,
              approval = CASE WHEN d.id % 31 = 0 THEN 'waiting' ELSE 'approved' END, takes_prereleases = d.id % 7 = 0,
              set_model = CASE WHEN d.id % 5 = 0 THEN NULL ELSE 'a' END, set_revision = NULL, reported_revision = NULL,
              installed_version = (ARRAY['1.0', '1.10', '2.0.0', NULL])[1 + (d.id / 4) % 4],
              forced_release_id = CASE WHEN h.forced THEN $2::bigint END,
              changed_by_rollout_id = $3::bigint, changed_from_release_id = ($4::bigint[])[1 + d.id % 4]
         FROM numbered h WHERE d.tenant_id = 1 AND h.n = d.id % 40`,
      [JSON.stringify(made.histories), releases[0], rollouts[0], releases],
    );
    await tx.query(
      `WITH numbered AS (SELECT h.*, row_number() OVER () - 1 AS n
                           FROM jsonb_to_recordset($1) AS h (attempts int, hours int)),
            origin AS (SELECT format('rollout:%s', o) AS origin FROM unnest($2::bigint[]) AS o
                       UNION ALL SELECT format('hop:%s:%s', o, r) FROM unnest($2::bigint[]) AS o, unnest($3::bigint[]) AS r)
       INSERT INTO device_attempt (tenant_id, device_id, origin, attempts, last_ended_at)
       SELECT 1, d.id, o.origin, h.attempts, CASE WHEN h.hours > 0 THEN now() - (h.hours - 0.5) * interval '1 hour' END
         FROM device d JOIN numbered h ON h.n = d.id % 40 CROSS JOIN origin o
        WHERE d.tenant_id = 1 AND h.attempts > 0 AND (d.id + length(o.origin)) % 3 = 0`,
      [JSON.stringify(made.histories), rollouts, releases],
    );
    await tx.query(
      `WITH numbered AS (SELECT h.*, row_number() OVER () - 1 AS n FROM jsonb_to_recordset($1) AS h (action text))
       INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, state, is_exposed, is_forced)
       SELECT 1, d.id, d.controller_id, $2, 'force:0', h.action, true, d.id % 2 = 0
         FROM device d JOIN numbered h ON h.n = d.id % 40 WHERE d.tenant_id = 1 AND h.action IS NOT NULL`,
      [JSON.stringify(made.histories), releases[1]],
    );
    const freeze = { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', reason: 'a test' };
    await tx.query('INSERT INTO tenant_settings (tenant_id) VALUES (1) ON CONFLICT DO NOTHING');
    await tx.query('UPDATE tenant_settings SET freezes = $1 WHERE tenant_id = 1', [
      JSON.stringify(made.freezes ? [freeze] : []),
    ]);
    await tx.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1');
    return rollouts;
  });
}

import { CLIENTS } from '../../devices/device/client';
import { profileOf } from '../../devices/device/client-profile';
import { bucketSql } from '../../rollouts/rollout/bucket';
import type { Plan, PlannedRollout, PlannedWave } from '../../rollouts/plan/plan';
import { inWavesSql, meantSql, Values } from '../../rollouts/plan/population-sql';

/** A statement that tells devices apart by everything that decides about them under a rollout. */
export interface PreviewQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Devices that the rollout treats alike, and one of them. */
export interface DeviceClass {
  readonly controllerId: string;
  readonly devices: string;
}

const UNRETRIEVED = `('queued', 'awaiting-confirmation', 'offered')`;
/** A controllerId as long as it is in a link. */
const LINK_LENGTH = `octet_length(convert_to(d.controller_id, 'UTF8')) * 3
  - 2 * length(regexp_replace(d.controller_id COLLATE "C", '[^A-Za-z0-9_.!~*''()-]', '', 'g'))`;
const TOLD_ZONE = `(SELECT e.value FROM jsonb_each_text(d.attributes) WITH ORDINALITY AS e (key, value, position)
  WHERE lower(e.key COLLATE "C") = 'timezone' ORDER BY e.position LIMIT 1)`;

/** The inputs of rules 1 to 6 that no rollout asks for by itself. */
const ALWAYS = [
  'd.feed_id',
  'd.mode',
  'd.is_pinned',
  'd.approval',
  'd.takes_prereleases',
  'coalesce(d.set_model, d.reported_model)',
  'coalesce(d.set_revision, d.reported_revision)',
  "coalesce(d.set_client, d.reported_client, 'unknown')",
  'd.installed_version',
  `d.forced_release_id IS NOT NULL OR coalesce(a.is_forced AND a.state IN ${UNRETRIEVED}, false)`,
  `a.id IS NOT NULL AND (a.assignment_id IS NOT NULL OR a.state NOT IN ${UNRETRIEVED})`,
];

/**
 * Counts the devices that the rollout means, by every input of `resolve` that bears on it: with what is the same here, the answer is
 * the same. Other rollouts bear on it only by whom they mean.
 */
export function previewQuery(plan: Plan, rollout: PlannedRollout, nowMs: number): PreviewQuery {
  const values = new Values();
  const tenant = values.add(plan.tenantId, 'bigint');
  const others = [...plan.rollouts.values()].filter((other) => bearsOn(other, rollout));
  const inputs = [
    ...ALWAYS,
    ...others.map((other) => meantSql(values, other)),
    ...inputsOf(values, rollout, nowMs),
    waveIn(values, rollout.waves),
  ];
  const from = `
      FROM device d JOIN feed f ON f.id = d.feed_id AND f.tenant_id = d.tenant_id
      LEFT JOIN device_presence p ON p.device_id = d.id
      LEFT JOIN action a ON a.device_id = d.id AND a.tenant_id = d.tenant_id AND a.is_exposed
      LEFT JOIN device_attempt t ON t.device_id = d.id AND t.tenant_id = d.tenant_id
                                AND t.origin = ${values.add(`rollout:${rollout.id}`, 'text')}
      CROSS JOIN LATERAL (SELECT ${bucketIn(values, rollout)} AS bucket OFFSET 0) b
     WHERE d.tenant_id = ${tenant} AND ${meantSql(values, rollout)}`;
  const columns = inputs.map((input, at) => `${input} AS i${at}`);
  const names = inputs.map((_input, at) => `i${at}`);
  const text = `
    SELECT min(k.controller_id COLLATE "C") AS "controllerId", count(*) AS devices
      FROM (SELECT d.controller_id, ${columns.join(',\n')} ${from}) k
     GROUP BY ${names.join(', ')}`;
  return { text, values: values.all };
}

function bearsOn(other: PlannedRollout, rollout: PlannedRollout): boolean {
  if (other.id === rollout.id) return false;
  if (other.population === undefined && other.reverts === undefined) return false;
  return rollout.feedId === undefined || other.feedId === undefined || other.feedId === rollout.feedId;
}

/** The inputs of rules 4, 7 and 10, as far as this rollout asks for them. */
function inputsOf(values: Values, rollout: PlannedRollout, nowMs: number): string[] {
  const now = values.add(Math.floor(nowMs), 'bigint');
  const backoff = values.add(rollout.retryBackoffMs, 'bigint');
  const waits = (t: string): string =>
    `coalesce(${epochMs(`coalesce(${t}.last_ended_at, d.created_at)`)} + ${backoff} > ${now}, false)`;
  const shortSighted = CLIENTS.filter((client) => profileOf(client).longestLink !== undefined);
  const inputs = [
    `CASE WHEN coalesce(d.set_client, d.reported_client) = ANY(${values.add(shortSighted, 'text[]')})
          THEN ${LINK_LENGTH} END`,
    `coalesce(${epochMs('d.quiet_until')} > ${now}, false)`,
    `least(coalesce(t.attempts, 0), ${values.add(rollout.attempts, 'int')})`,
    `coalesce(t.attempts, 0) > 0 AND ${waits('t')}`,
  ];
  if (rollout.release.upgrades !== undefined)
    inputs.push(`(SELECT string_agg(concat(h.origin, '=', h.attempts, ${waits('h')}), ',' ORDER BY h.origin COLLATE "C")
        FROM device_attempt h WHERE h.device_id = d.id AND h.tenant_id = d.tenant_id
         AND h.origin LIKE ${values.add(`hop:${rollout.id}:%`, 'text')})`);
  if (rollout.hours?.asksForZone === true) inputs.push(`coalesce(d.time_zone, ${TOLD_ZONE})`);
  return inputs;
}

function epochMs(instant: string): string {
  return `round(extract(epoch FROM ${instant}) * 1000)::bigint`;
}

/** The first wave that a device belongs to (rule 9), whether it has begun or not. */
function waveIn(values: Values, waves: readonly PlannedWave[]): string {
  const cases = waves.map(
    (wave) => `WHEN ${inWavesSql(values, [wave], () => 'b.bucket')} THEN ${values.add(wave.position, 'int')}`,
  );
  return `CASE ${cases.join(' ')} ELSE 0 END`;
}

function bucketIn(values: Values, { waves, salt }: PlannedRollout): string {
  const isAsked = waves.some(({ isEveryone, buckets }) => !isEveryone && buckets > 0);
  return isAsked ? bucketSql(values.add(salt, 'text'), 'd.controller_id') : '0';
}

import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/database';
import type { FailureKind } from '../../actions/action/action';
import { FAILURE_STATES } from './gate';
import type { RolloutDeviceState } from '../rollout/rollout-device';

/** A device's membership in a rollout: fixed at admission, whatever becomes of the device. */
export interface Membership {
  readonly tenantId: string;
  readonly rolloutId: string;
  readonly deviceId: string;
  readonly wave: number;
  readonly lane: number;
  readonly actionId: string;
}

/** What a device has come to. */
export interface MemberStep {
  readonly to: RolloutDeviceState;
  /** When the attempt is over. */
  readonly settledAt: Date | undefined;
  readonly failureKind: FailureKind | undefined;
}

interface PlaceRow {
  wave: number;
  lane: number;
  state: RolloutDeviceState;
  failure_kind: FailureKind | null;
  /** How often the rollout had been resumed when it failed. */
  failed_in: number | null;
}

interface TallyChange {
  readonly wave: number;
  readonly lane: number;
  readonly state: RolloutDeviceState;
  readonly by: number;
}

/**
 * Slots (how many devices of a rollout are under way) and tallies (how many of its devices are in which state), both
 * spread over lanes. Every method is part of a transaction that also writes the action: counters equal the history.
 */
@Injectable()
export class RolloutSlotsService {
  /** Counts a device that was just admitted. A device that tries again leaves the tally of its last attempt: gates count devices. */
  async admit(tx: Sql, member: Membership, state: 'offered' | 'awaiting-confirmation'): Promise<void> {
    const { tenantId, rolloutId, deviceId, wave, lane, actionId } = member;
    const [previous] = await tx.query<PlaceRow>(
      'SELECT wave, lane, state, failure_kind, failed_in FROM rollout_device WHERE tenant_id = $1 AND rollout_id = $2 AND device_id = $3',
      [tenantId, rolloutId, deviceId],
    );
    const fixedWave = previous?.wave ?? wave;
    // What it ran before its first attempt is what it is to go back to.
    await tx.query(
      `INSERT INTO rollout_device (tenant_id, rollout_id, device_id, wave, lane, action_id, state, previous_release_id)
       SELECT $1, $2, d.id, $4, $5, $6, $7, d.installed_release_id FROM device d WHERE d.tenant_id = $1 AND d.id = $3
       ON CONFLICT ON CONSTRAINT rollout_device_pk
       DO UPDATE SET lane = excluded.lane, action_id = excluded.action_id, state = excluded.state,
                     settled_at = NULL, failure_kind = NULL, failed_in = NULL, watch_at = NULL`,
      [tenantId, rolloutId, deviceId, fixedWave, lane, actionId, state],
    );
    const added = { wave: fixedWave, lane, state, by: 1 };
    if (previous !== undefined) await this.unacknowledge(tx, member, previous);
    await this.tally(
      tx,
      tenantId,
      rolloutId,
      previous === undefined ? [added] : [added, { ...previous, by: -1 }],
    );
  }

  /**
   * Moves the device's count to its new state, and tells the wave that it counts in; undefined when a later attempt has
   * taken this one's place, so that nothing was counted. From the state that stands there: it may have been lost meanwhile.
   * Where silence counts, an updated device is watched from now on.
   */
  async move(
    tx: Sql,
    member: Membership,
    { to, settledAt, failureKind }: MemberStep,
  ): Promise<number | undefined> {
    const { tenantId, rolloutId } = member;
    const isFailure = FAILURE_STATES.includes(to);
    const [place] = await tx.query<PlaceRow>(
      `WITH stood AS (
         SELECT rollout_id, device_id, wave, lane, state, failure_kind, failed_in FROM rollout_device
          WHERE tenant_id = $1 AND rollout_id = $2 AND device_id = $3 AND action_id = $4 FOR UPDATE)
       UPDATE rollout_device m SET state = $5, settled_at = $6, failure_kind = $7,
              failed_in = CASE WHEN $8 THEN coalesce(stood.failed_in, (
                            SELECT resumes FROM rollout WHERE tenant_id = $1 AND id = $2)) END,
              watch_at = CASE WHEN $5 = 'confirmed' THEN (
                           SELECT $6::timestamptz FROM rollout WHERE tenant_id = $1 AND id = $2 AND silent_polls > 0) END
         FROM stood WHERE m.rollout_id = stood.rollout_id AND m.device_id = stood.device_id AND m.tenant_id = $1
       RETURNING stood.wave, stood.lane, stood.state, stood.failure_kind, stood.failed_in`,
      [
        ...[tenantId, rolloutId, member.deviceId, member.actionId],
        ...[to, settledAt ?? null, failureKind ?? null, isFailure],
      ],
    );
    if (place === undefined) return undefined;
    // One that turns out to be ours is acknowledged as such, and once.
    if (!isFailure || failureKind === 'server') await this.unacknowledge(tx, member, place);
    await this.tally(tx, tenantId, rolloutId, [
      { ...place, by: -1 },
      { ...place, state: to, by: 1 },
    ]);
    return place.wave;
  }

  /**
   * A failure that is none any more, since the device tries again or its end was corrected, is no longer among those that were
   * acknowledged: if it fails once more, that is news. Whoever takes a failure back holds the rollout's lock, shared or alone; rows
   * are taken in the order of admissions: wave, rollout, tally.
   */
  private async unacknowledge(
    tx: Sql,
    { tenantId, rolloutId }: Membership,
    { wave, state, failure_kind: kind, failed_in: failedIn }: PlaceRow,
  ): Promise<void> {
    if (!FAILURE_STATES.includes(state)) return;
    const known = await tx.query(
      'SELECT 1 FROM rollout WHERE tenant_id = $1 AND id = $2 AND ($3 OR resumes > $4::int)',
      [tenantId, rolloutId, kind === 'server', failedIn],
    );
    if (known.length === 0) return;
    const lowered = `SET acknowledged_failures = greatest(acknowledged_failures - 1, 0),
                         acknowledged_finished = greatest(acknowledged_finished - 1, 0)`;
    await tx.query(
      `UPDATE rollout_wave ${lowered} WHERE tenant_id = $1 AND rollout_id = $2 AND position = $3`,
      [tenantId, rolloutId, wave],
    );
    await tx.query(`UPDATE rollout ${lowered} WHERE tenant_id = $1 AND id = $2`, [tenantId, rolloutId]);
  }

  /**
   * Updated devices that are not heard of any more: of those named, the ones that are still confirmed become lost. Tells the
   * waves that they count in, each once. The caller holds the rollout's lock alone.
   */
  async lose(tx: Sql, tenantId: string, rolloutId: string, deviceIds: readonly string[]): Promise<number[]> {
    const lost = await tx.query<{ wave: number; lane: number }>(
      `WITH silent AS (
         SELECT device_id FROM rollout_device
          WHERE tenant_id = $1 AND rollout_id = $2 AND device_id = ANY($3::bigint[]) AND state = 'confirmed'
          ORDER BY device_id FOR UPDATE)
       UPDATE rollout_device m SET state = 'lost', failure_kind = 'lost', watch_at = NULL,
              failed_in = (SELECT resumes FROM rollout WHERE tenant_id = $1 AND id = $2)
         FROM silent WHERE m.tenant_id = $1 AND m.rollout_id = $2 AND m.device_id = silent.device_id
       RETURNING m.wave, m.lane`,
      [tenantId, rolloutId, deviceIds],
    );
    if (lost.length === 0) return [];
    await this.tally(tx, tenantId, rolloutId, lost.flatMap(lossOf));
    return [...new Set(lost.map(({ wave }) => wave))].sort((a, b) => a - b);
  }

  /** Gives the slot back. Once per action: the caller has just ended it. */
  async free(tx: Sql, member: Pick<Membership, 'tenantId' | 'rolloutId' | 'lane'>): Promise<void> {
    await tx.query(
      `UPDATE rollout_lane SET in_flight = in_flight - 1 WHERE tenant_id = $1 AND rollout_id = $2 AND lane = $3`,
      [member.tenantId, member.rolloutId, member.lane],
    );
  }

  private async tally(
    tx: Sql,
    tenantId: string,
    rolloutId: string,
    changes: readonly TallyChange[],
  ): Promise<void> {
    const sorted = inOrder(changes);
    await tx.query(
      `INSERT INTO rollout_tally (tenant_id, rollout_id, wave, lane, state, devices)
       SELECT $1, $2, c.wave, c.lane, c.state, c.by
         FROM unnest($3::int[], $4::int[], $5::text[], $6::int[]) WITH ORDINALITY AS c (wave, lane, state, by, position)
        ORDER BY c.position
       ON CONFLICT ON CONSTRAINT rollout_tally_pk
       DO UPDATE SET devices = rollout_tally.devices + excluded.devices`,
      [
        tenantId,
        rolloutId,
        sorted.map((change) => change.wave),
        sorted.map((change) => change.lane),
        sorted.map((change) => change.state),
        sorted.map((change) => change.by),
      ],
    );
  }
}

function lossOf(place: { wave: number; lane: number }): TallyChange[] {
  return [
    { ...place, state: 'confirmed', by: -1 },
    { ...place, state: 'lost', by: 1 },
  ];
}

/**
 * Each row once, and one order for all: two devices of one lane that move in opposite directions must not wait for each
 * other.
 */
function inOrder(changes: readonly TallyChange[]): TallyChange[] {
  const sums = new Map<string, TallyChange>();
  for (const change of changes) {
    const key = `${change.wave} ${change.lane} ${change.state}`;
    sums.set(key, { ...change, by: change.by + (sums.get(key)?.by ?? 0) });
  }
  return [...sums.values()]
    .filter(({ by }) => by !== 0)
    .sort(
      (a, b) => a.wave - b.wave || a.lane - b.lane || (a.state < b.state ? -1 : Number(a.state > b.state)),
    );
}

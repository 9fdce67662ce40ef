import { Injectable } from '@nestjs/common';
import type { ActionState } from '../actions/action';
import type { Sql } from '../../platform/database/database';

/** A device's membership in a rollout: fixed at admission, whatever becomes of the device. */
export interface Membership {
  readonly tenantId: string;
  readonly rolloutId: string;
  readonly deviceId: string;
  readonly wave: number;
  readonly lane: number;
  readonly actionId: string;
}

const ANY_FREE_LANE = 'ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED';
const EMPTIEST_LANE = 'ORDER BY in_flight LIMIT 1 FOR UPDATE';

interface PreviousRow {
  wave: number;
  lane: number;
  state: ActionState;
}

/**
 * Slots (how many devices of a rollout are under way) and tallies (how many of its devices are in which state), both
 * spread over lanes. Every method is part of a transaction that also writes the action: counters equal the history.
 */
@Injectable()
export class RolloutSlotsService {
  /**
   * Takes a slot in any lane with room; undefined only when the cap is reached. A lane that nobody else is taking is
   * preferred; when all with room are being taken, it waits for one rather than say "full" to a rollout that is not.
   */
  async take(tx: Sql, tenantId: string, rolloutId: string): Promise<number | undefined> {
    for (const choice of [ANY_FREE_LANE, EMPTIEST_LANE]) {
      const [row] = await tx.query<{ lane: number }>(
        `UPDATE rollout_lane SET in_flight = in_flight + 1
          WHERE tenant_id = $1 AND rollout_id = $2 AND in_flight < cap AND lane = (
            SELECT lane FROM rollout_lane WHERE tenant_id = $1 AND rollout_id = $2 AND in_flight < cap ${choice})
          RETURNING lane`,
        [tenantId, rolloutId],
      );
      if (row !== undefined) return row.lane;
    }
    return undefined;
  }

  /** A glance without a lock, so that a poll at a full cap writes nothing. Only {@link take} decides. */
  async hasRoom(tx: Sql, tenantId: string, rolloutId: string): Promise<boolean> {
    const rows = await tx.query(
      'SELECT 1 FROM rollout_lane WHERE tenant_id = $1 AND rollout_id = $2 AND in_flight < cap LIMIT 1',
      [tenantId, rolloutId],
    );
    return rows.length > 0;
  }

  /** Counts a device that was just admitted. A device that tries again leaves the tally of its last attempt: gates count devices. */
  async admit(tx: Sql, member: Membership, state: 'offered' | 'awaiting-confirmation'): Promise<void> {
    const { tenantId, rolloutId, deviceId, wave, lane, actionId } = member;
    const [previous] = await tx.query<PreviousRow>(
      'SELECT wave, lane, state FROM rollout_device WHERE tenant_id = $1 AND rollout_id = $2 AND device_id = $3',
      [tenantId, rolloutId, deviceId],
    );
    const fixedWave = previous?.wave ?? wave;
    await tx.query(
      `INSERT INTO rollout_device (tenant_id, rollout_id, device_id, wave, lane, action_id, state)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT ON CONSTRAINT rollout_device_pk
       DO UPDATE SET lane = excluded.lane, action_id = excluded.action_id, state = excluded.state`,
      [tenantId, rolloutId, deviceId, fixedWave, lane, actionId, state],
    );
    const added = { wave: fixedWave, lane, state, by: 1 };
    await this.tally(
      tx,
      tenantId,
      rolloutId,
      previous === undefined ? [added] : [added, { ...previous, by: -1 }],
    );
  }

  /** Moves the device's count to its new state, unless a later attempt has taken its place. */
  async move(tx: Sql, member: Membership, from: ActionState, to: ActionState): Promise<void> {
    const { tenantId, rolloutId } = member;
    const [place] = await tx.query<{ wave: number; lane: number }>(
      `UPDATE rollout_device SET state = $5
        WHERE tenant_id = $1 AND rollout_id = $2 AND device_id = $3 AND action_id = $4 RETURNING wave, lane`,
      [tenantId, rolloutId, member.deviceId, member.actionId, to],
    );
    if (place === undefined) return;
    await this.tally(tx, tenantId, rolloutId, [
      { ...place, state: from, by: -1 },
      { ...place, state: to, by: 1 },
    ]);
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
    changes: { wave: number; lane: number; state: ActionState; by: number }[],
  ): Promise<void> {
    // One order for all: two devices of one lane that move in opposite directions must not wait for each other.
    const sorted = [...changes].sort(
      (a, b) => a.wave - b.wave || a.lane - b.lane || (a.state < b.state ? -1 : Number(a.state > b.state)),
    );
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

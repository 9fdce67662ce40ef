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

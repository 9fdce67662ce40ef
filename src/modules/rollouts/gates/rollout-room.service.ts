import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/database';
import type { Pace } from '../rollout/conduct';
import { allowedInMinute, rampSince, type RampStanding } from './offer-pace';

/** Why a rollout takes no more devices for now (rule 11). */
export type Fullness = 'in-flight-cap' | 'pace' | 'most-devices';

/** A device that is about to be admitted. */
export interface Entry {
  readonly tenantId: string;
  readonly rolloutId: string;
  readonly deviceId: string;
  readonly wave: number;
  /** Minutes since 1970, by the clock that all replicas agree on. */
  readonly minute: number;
  readonly pace: Pace;
  /** Whether the rollout or the wave has a hard maximum of devices. */
  readonly most: { readonly ofRollout: boolean; readonly ofWave: boolean };
}

/**
 * The lane's part of what is allowed in this minute has not been used up. Replicas may be a minute apart for a moment: what is counted
 * for the next minute counts for this one too; a later one is left from before the clock was set back.
 */
const HAS_PACE = `
  ($3::int IS NULL OR (CASE WHEN l.minute BETWEEN $4::bigint AND $4::bigint + 1 THEN l.minute_offers ELSE 0 END) <
    (SELECT $3::int / nullif(count(*), 0)
            + CASE WHEN count(*) FILTER (WHERE x.lane < l.lane) < $3::int % nullif(count(*), 0) THEN 1 ELSE 0 END
       FROM rollout_lane x WHERE x.tenant_id = $1 AND x.rollout_id = $2 AND x.cap > 0))`;

/** No lane holds more than its cap: each may be filled without a look at the others. */
const IS_DRAINED = `
  NOT EXISTS (SELECT 1 FROM rollout_lane o WHERE o.tenant_id = $1 AND o.rollout_id = $2 AND o.in_flight > o.cap)`;

/** The lanes were laid anew under devices that are under way: only the sum counts, and only for who holds all lanes. */
const HAS_ROOM_IN_ALL = `
  (SELECT sum(o.in_flight) < sum(o.cap) FROM rollout_lane o WHERE o.tenant_id = $1 AND o.rollout_id = $2)`;

const take = (condition: string, choice: string): string => `
  UPDATE rollout_lane SET in_flight = in_flight + 1,
         minute_offers = CASE WHEN $3::int IS NULL THEN minute_offers
                              WHEN minute BETWEEN $4::bigint AND $4::bigint + 1 THEN minute_offers + 1 ELSE 1 END,
         ramp_since = coalesce($5::bigint, ramp_since),
         minute = CASE WHEN $3::int IS NULL OR minute = $4::bigint + 1 THEN minute ELSE $4::bigint END
   WHERE tenant_id = $1 AND rollout_id = $2 AND in_flight < cap AND lane = (
     SELECT l.lane FROM rollout_lane l
      WHERE l.tenant_id = $1 AND l.rollout_id = $2 AND l.in_flight < l.cap AND ${HAS_PACE} AND ${condition} ${choice})
   RETURNING lane`;

const TAKE_ANY_FREE = take(IS_DRAINED, 'ORDER BY random() LIMIT 1 FOR UPDATE OF l SKIP LOCKED');
const TAKE_EMPTIEST = take(IS_DRAINED, 'ORDER BY l.in_flight LIMIT 1 FOR UPDATE OF l');
const TAKE_WHILE_DRAINING = take(HAS_ROOM_IN_ALL, 'ORDER BY l.in_flight LIMIT 1');

/** Of all lanes: the one that a device takes is drawn by lot, and the ramp is the rollout's. */
const RAMP_STANDING = `
  SELECT coalesce(max(ramp_since), 0)::int AS since, coalesce(max(minute), 0)::int AS "lastOffer"
    FROM rollout_lane WHERE tenant_id = $1 AND rollout_id = $2`;

const GLANCE = `
  SELECT coalesce(sum(l.in_flight) < sum(l.cap), false) AS "hasSlot", coalesce(bool_or(l.in_flight > l.cap), false) AS "isDraining",
         coalesce(bool_or(l.in_flight < l.cap AND ${HAS_PACE}), false) AS "hasPace"
    FROM rollout_lane l WHERE l.tenant_id = $1 AND l.rollout_id = $2`;

/**
 * Whether a rollout takes one more device: slots, offers in this minute and hard maxima. Every number is kept in rows that the
 * admitting transaction changes by a condition, so none is ever passed, however many replicas admit at once.
 */
@Injectable()
export class RolloutRoomService {
  /** A glance without a lock, so that a poll at a full rollout writes nothing. Only {@link enter} decides. */
  async glance(tx: Sql, entry: Entry): Promise<Fullness | undefined> {
    const room = await this.lookInto(tx, entry);
    if (room?.hasSlot !== true) return 'in-flight-cap';
    if (!room.hasPace) return 'pace';
    return (await this.hasPlace(tx, entry)) ? undefined : 'most-devices';
  }

  /**
   * Takes a slot and a place, and tells the lane. A lane that nobody else is taking is preferred; when all with room are being
   * taken, it waits for one rather than say "full" to a rollout that is not. The caller rolls back when the answer is no.
   */
  async enter(tx: Sql, entry: Entry): Promise<number | Fullness> {
    const lane =
      (await this.takeLane(tx, entry, TAKE_ANY_FREE)) ??
      (await this.takeLane(tx, entry, TAKE_EMPTIEST)) ??
      (await this.takeWhileDraining(tx, entry));
    if (lane !== undefined) return (await this.takePlace(tx, entry)) ? lane : 'most-devices';
    return (await this.glance(tx, entry)) ?? 'in-flight-cap';
  }

  /** Lanes that hold more than they now should must not keep the others shut for as long as their slowest device takes. */
  private async takeWhileDraining(tx: Sql, entry: Entry): Promise<number | undefined> {
    const room = await this.lookInto(tx, entry);
    if (room?.isDraining !== true || !room.hasSlot) return undefined;
    await tx.query(
      'SELECT 1 FROM rollout_lane WHERE tenant_id = $1 AND rollout_id = $2 ORDER BY lane FOR UPDATE',
      [entry.tenantId, entry.rolloutId],
    );
    return this.takeLane(tx, entry, TAKE_WHILE_DRAINING);
  }

  private async takeLane(tx: Sql, entry: Entry, statement: string): Promise<number | undefined> {
    const { allowed, since } = await this.allowance(tx, entry);
    const { tenantId, rolloutId, minute } = entry;
    const values = [tenantId, rolloutId, allowed ?? null, minute, since ?? null];
    const [taken] = await tx.query<{ lane: number }>(statement, values);
    return taken?.lane;
  }

  private async lookInto(tx: Sql, entry: Entry): Promise<Room | undefined> {
    const { allowed } = await this.allowance(tx, entry);
    const { tenantId, rolloutId, minute } = entry;
    const [room] = await tx.query<Room>(GLANCE, [tenantId, rolloutId, allowed ?? null, minute]);
    return room;
  }

  /** `allowed`: offers in this minute, over all lanes; undefined: any number. `since`: when its ramp began, if it has one. */
  private async allowance(
    tx: Sql,
    { tenantId, rolloutId, pace, minute }: Entry,
  ): Promise<{ allowed: number | undefined; since?: number }> {
    if (pace.ramp === undefined) return { allowed: allowedInMinute(pace, 0, minute) };
    const [standing] = await tx.query<RampStanding>(RAMP_STANDING, [tenantId, rolloutId]);
    const since = rampSince(pace.ramp, standing ?? { since: 0, lastOffer: 0 }, minute);
    return { allowed: allowedInMinute(pace, since, minute), since };
  }

  private async hasPlace(tx: Sql, entry: Entry): Promise<boolean> {
    const { tenantId, rolloutId, wave, most } = entry;
    if (!most.ofRollout && !most.ofWave) return true;
    const rows = await tx.query(
      `SELECT 1 FROM rollout r JOIN rollout_wave w ON w.rollout_id = r.id AND w.tenant_id = r.tenant_id AND w.position = $3
        WHERE r.tenant_id = $1 AND r.id = $2 AND coalesce(r.devices < r.most_devices, true)
          AND coalesce(w.devices < w.most_devices, true)`,
      [tenantId, rolloutId, wave],
    );
    return rows.length > 0 || this.isMember(tx, entry);
  }

  /** A device that tries again has its place. Its row is the caller's, so nobody else admits it meanwhile. */
  private async takePlace(tx: Sql, entry: Entry): Promise<boolean> {
    const { tenantId, rolloutId, wave, most } = entry;
    if ((!most.ofRollout && !most.ofWave) || (await this.isMember(tx, entry))) return true;
    if (most.ofWave) {
      const counted = await tx.execute(
        `UPDATE rollout_wave SET devices = devices + 1
          WHERE tenant_id = $1 AND rollout_id = $2 AND position = $3 AND devices < most_devices`,
        [tenantId, rolloutId, wave],
      );
      if (counted === 0) return false;
    }
    if (!most.ofRollout) return true;
    const counted = await tx.execute(
      'UPDATE rollout SET devices = devices + 1 WHERE tenant_id = $1 AND id = $2 AND devices < most_devices',
      [tenantId, rolloutId],
    );
    return counted > 0;
  }

  private async isMember(tx: Sql, { tenantId, rolloutId, deviceId }: Entry): Promise<boolean> {
    const rows = await tx.query(
      'SELECT 1 FROM rollout_device WHERE tenant_id = $1 AND rollout_id = $2 AND device_id = $3',
      [tenantId, rolloutId, deviceId],
    );
    return rows.length > 0;
  }
}

interface Room {
  readonly hasSlot: boolean;
  readonly hasPace: boolean;
  readonly isDraining: boolean;
}

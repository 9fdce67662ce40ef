import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import type { Action, ActionEvent, ActionState, FailureKind } from '../../actions/action/action';
import { firstAskAt, type AskStep } from '../../actions/action/ask';
import { CLIENTS } from '../../devices/device/client';
import { profileOf } from '../../devices/device/client-profile';
import type { Deadlines } from '../../tenants/deadlines';

/** How an action came to its end, or to the installation that the device has still to show, as far as its record is concerned. */
export interface Settlement {
  readonly to: ActionState;
  readonly event: ActionEvent;
  readonly isCorrection: boolean;
  readonly failureKind: FailureKind | undefined;
  readonly now: Date;
  readonly deadlines: Deadlines;
}

const START_REPORTERS = CLIENTS.filter((client) => profileOf(client).reportsAtStart);

/**
 * `$5` the version that now runs is this release's; `$10` the device says that it installed it, which decides nothing but is
 * what it is shown as its installedBase. Neither when a late success only sets the record straight: a newer action, or a
 * version reported since, knows better. `$16` it has still to show the version: it is asked for it, unless it will do so by
 * itself; nor is such a device asked after a success without proof, or what came up could not be told from an answer. `$19`
 * that version was reported just now. `$18` it fell back to what it ran before.
 */
const SETTLE = `
  WITH judged AS (
    SELECT d.id, NOT ($7 AND (
             (d.is_version_reported AND coalesce(d.attributes_at > $8, false) AND NOT $19)
             OR EXISTS (SELECT 1 FROM action n WHERE n.tenant_id = $1 AND n.device_id = $2 AND n.id > $9))) AS is_news,
           $10 AND NOT $5 AND coalesce(d.set_client, d.reported_client, 'unknown') = ANY($17::text[]) AS reports_at_start,
           $18 AND d.installed_action_id = $9 AS falls_back
      FROM device d WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE)
  UPDATE device d SET decision_rev = d.decision_rev + 1,
         wants_attributes = d.wants_attributes OR ($4 AND NOT j.reports_at_start),
         is_version_reported = CASE WHEN $5 AND j.is_news THEN d.is_version_reported AND d.installed_version = r.version
                                    ELSE d.is_version_reported END,
         installed_at = CASE WHEN j.is_news AND ($5 AND d.installed_version IS DISTINCT FROM r.version
                                                 OR $10 AND d.installed_release_id IS DISTINCT FROM r.id) THEN now()
                             ELSE d.installed_at END,
         installed_version = CASE WHEN $5 AND j.is_news THEN r.version ELSE d.installed_version END,
         installed_release_id = CASE WHEN $10 AND j.is_news THEN r.id WHEN j.falls_back THEN $12
                                     ELSE d.installed_release_id END,
         installed_action_id = CASE WHEN $10 AND j.is_news THEN $9
                                    WHEN j.falls_back THEN (
                                      SELECT max(b.id) FROM action b WHERE b.tenant_id = $1 AND b.device_id = $2
                                         AND b.release_id = $12 AND b.state = 'confirmed')
                                    ELSE d.installed_action_id END,
         changed_by_rollout_id = CASE WHEN $10 AND j.is_news THEN $11 WHEN j.falls_back THEN NULL
                                      ELSE d.changed_by_rollout_id END,
         changed_from_release_id = CASE WHEN $10 AND j.is_news THEN $12 WHEN j.falls_back THEN NULL
                                        ELSE d.changed_from_release_id END,
         ask_at = CASE WHEN $7 THEN d.ask_at WHEN NOT $16 THEN NULL WHEN j.reports_at_start THEN $14 ELSE $13 END,
         asks = CASE WHEN $7 THEN d.asks WHEN $16 AND NOT j.reports_at_start THEN 1 ELSE 0 END,
         quiet_until = coalesce($15, d.quiet_until),
         forced_release_id = CASE WHEN $6 THEN coalesce(d.forced_release_id, r.id) ELSE d.forced_release_id END
    FROM release r, judged j
   WHERE d.tenant_id = $1 AND d.id = j.id AND r.tenant_id = $1 AND r.id = $3`;

/**
 * What the end of an action leaves on its device: the version it now runs, as far as we believe; a wish for fresh
 * attributes after a success (hawkBit's R13); a time in which nothing is offered after a time-out; and one attempt more. A
 * device deleted meanwhile has no record to keep.
 */
@Injectable()
export class DeviceLedgerService {
  constructor(private readonly database: Database) {}

  /** Locks the device's row first, as every transaction does that touches both device and action. */
  async settle(tx: Sql, tenantId: string, action: Action, settlement: Settlement): Promise<void> {
    await tx.query(SETTLE, settleValues(tenantId, action, settlement));
    if (!settlement.isCorrection && countsAsAttempt(action, settlement))
      await this.countAttempt(tx, tenantId, action, settlement.now);
  }

  private async countAttempt(tx: Sql, tenantId: string, action: Action, now: Date): Promise<void> {
    await tx.query(
      `INSERT INTO device_attempt (tenant_id, device_id, origin, attempts, last_ended_at)
       SELECT $1, id, $3, 1, $4 FROM device WHERE tenant_id = $1 AND id = $2
       ON CONFLICT ON CONSTRAINT device_attempt_pk
       DO UPDATE SET attempts = device_attempt.attempts + 1, last_ended_at = excluded.last_ended_at`,
      [tenantId, action.deviceId, action.origin, now],
    );
  }

  /**
   * Nothing was installed after all: the device may try again, and what it ran before is what it is to go back to if that
   * succeeds.
   */
  async giveBackAttempt(tx: Sql, tenantId: string, action: Action): Promise<void> {
    await tx.query(
      `UPDATE device_attempt SET attempts = attempts - 1
        WHERE tenant_id = $1 AND device_id = $2 AND origin = $3 AND attempts > 0`,
      [tenantId, action.deviceId, action.origin],
    );
    await tx.query(
      `UPDATE device SET installed_release_id = $4, changed_by_rollout_id = NULL, changed_from_release_id = NULL,
              installed_action_id = (SELECT max(b.id) FROM action b WHERE b.tenant_id = $1 AND b.device_id = $2
                                        AND b.release_id = $4 AND b.state = 'confirmed')
        WHERE tenant_id = $1 AND id = $2 AND installed_action_id = $3`,
      [tenantId, action.deviceId, action.id, action.previousReleaseId ?? null],
    );
    await tx.query('UPDATE device SET decision_rev = decision_rev + 1 WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      action.deviceId,
    ]);
  }

  /** Notes that a poll asks the device for its version, or passes over it; false when another poll was there first. */
  async ask(tenantId: string, device: { id: string; asks: number }, step: AskStep): Promise<boolean> {
    const touched = await this.database.execute(
      `UPDATE device SET asks = $4, ask_at = $5
        WHERE tenant_id = $1 AND id = $2 AND asks = $3 AND ask_at IS NOT NULL`,
      [tenantId, device.id, device.asks, step.asks, new Date(step.askAtMs)],
    );
    return touched > 0;
  }

  /** The device has spoken: it is not at work unheard. */
  async endQuiet(sql: Sql, tenantId: string, deviceId: string): Promise<void> {
    await sql.query(
      `UPDATE device SET quiet_until = NULL, decision_rev = decision_rev + 1
        WHERE tenant_id = $1 AND id = $2 AND quiet_until IS NOT NULL`,
      [tenantId, deviceId],
    );
  }
}

/** In the order of {@link SETTLE}. */
function settleValues(tenantId: string, action: Action, settlement: Settlement): unknown[] {
  const { to, event, isCorrection, failureKind, now, deadlines } = settlement;
  const asks = firstAskAt(now.getTime());
  return [
    tenantId,
    action.deviceId,
    action.releaseId,
    event === 'succeed' || event === 'finish-download',
    isInstalledBy(to, event),
    // An offer taken back was never made, and one never fetched as good as: the operator's force still stands.
    (to === 'withdrawn' || event === 'lapse') && action.isForced,
    isCorrection,
    action.endedAt ?? null,
    action.id,
    isSaidToBeInstalled(to, event),
    action.rolloutId ?? null,
    action.previousReleaseId ?? null,
    asks.others,
    asks.startReporters,
    to === 'timed-out' ? new Date(now.getTime() + deadlines.quietMs) : null,
    to === 'installed',
    START_REPORTERS,
    failureKind === 'rolled-back',
    event === 'prove',
  ];
}

/**
 * Every ended action that the device fetched counts, successes too: else a device that goes on reporting a stale version
 * would be updated for ever. Its own verdict shows that it fetched, also when the fetch itself was never seen. What was
 * cancelled counts as well, fetched or not: whoever cancels does not want it offered again at the next poll. What is only
 * installed has not ended.
 */
function countsAsAttempt(action: Action, { event, to }: Settlement): boolean {
  if (to === 'installed') return false;
  return action.retrievedAt !== undefined || event === 'succeed' || event === 'fail' || to === 'cancelled';
}

/**
 * Whether from this end on the device runs the release. A reported version stands as it was reported, and a finished
 * download installs nothing.
 */
function isInstalledBy(to: ActionState, event: ActionEvent): boolean {
  return to === 'confirmed' && event !== 'prove' && event !== 'finish-download';
}

/** Also without proof: the device's own word, for its own eyes. */
function isSaidToBeInstalled(to: ActionState, event: ActionEvent): boolean {
  const isSaid = to === 'confirmed' || to === 'installed' || (to === 'lapsed' && event === 'succeed');
  return isSaid && event !== 'finish-download';
}

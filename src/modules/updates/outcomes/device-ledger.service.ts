import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import { Statement } from '../../../platform/database/statement';
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

/** What {@link SETTLE} is told. */
interface SettleValues {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly releaseId: string;
  readonly actionId: string;
  readonly rolloutId: string | null;
  readonly previousReleaseId: string | null;
  /** When the action had ended before this corrects it. */
  readonly endedAt: Date | null;
  /** A late success only sets the record straight: a newer action, or a version reported since, knows better. */
  readonly isCorrection: boolean;
  /** The version that now runs is this release's. */
  readonly isInstalled: boolean;
  /** The device says that it installed it, which decides nothing but is what it is shown as its installedBase. */
  readonly isSaid: boolean;
  /** That version was reported just now. */
  readonly isShown: boolean;
  /** It fell back to what it ran before. */
  readonly isRolledBack: boolean;
  readonly wantsAttributes: boolean;
  /**
   * It has still to show the version: it is asked for it, unless it will do so by itself; nor is such a device asked after a success
   * without proof, or what came up could not be told from an answer.
   */
  readonly owesVersion: boolean;
  readonly askAt: Date;
  readonly startReporters: readonly string[];
  readonly askStartReportersAt: Date;
  readonly quietUntil: Date | null;
  readonly keepsForce: boolean;
}

const SETTLE = new Statement<SettleValues>(`
  WITH judged AS (
    SELECT d.id, NOT ($isCorrection AND (
             (d.is_version_reported AND coalesce(d.attributes_at > $endedAt, false) AND NOT $isShown)
             OR EXISTS (SELECT 1 FROM action n
                         WHERE n.tenant_id = $tenantId AND n.device_id = $deviceId AND n.id > $actionId))) AS is_news,
           $isSaid AND NOT $isInstalled
             AND coalesce(d.set_client, d.reported_client, 'unknown') = ANY($startReporters::text[]) AS reports_at_start,
           $isRolledBack AND d.installed_action_id = $actionId AS falls_back
      FROM device d WHERE d.tenant_id = $tenantId AND d.id = $deviceId FOR UPDATE)
  UPDATE device d SET decision_rev = d.decision_rev + 1,
         wants_attributes = d.wants_attributes OR ($wantsAttributes AND NOT j.reports_at_start),
         is_version_reported = CASE WHEN $isInstalled AND j.is_news THEN d.is_version_reported AND d.installed_version = r.version
                                    ELSE d.is_version_reported END,
         installed_at = CASE WHEN j.is_news AND ($isInstalled AND d.installed_version IS DISTINCT FROM r.version
                                                 OR $isSaid AND d.installed_release_id IS DISTINCT FROM r.id) THEN now()
                             ELSE d.installed_at END,
         installed_version = CASE WHEN $isInstalled AND j.is_news THEN r.version ELSE d.installed_version END,
         installed_release_id = CASE WHEN $isSaid AND j.is_news THEN r.id WHEN j.falls_back THEN $previousReleaseId
                                     ELSE d.installed_release_id END,
         installed_action_id = CASE WHEN $isSaid AND j.is_news THEN $actionId
                                    WHEN j.falls_back THEN (
                                      SELECT max(b.id) FROM action b WHERE b.tenant_id = $tenantId AND b.device_id = $deviceId
                                         AND b.release_id = $previousReleaseId AND b.state = 'confirmed')
                                    ELSE d.installed_action_id END,
         changed_by_rollout_id = CASE WHEN $isSaid AND j.is_news THEN $rolloutId WHEN j.falls_back THEN NULL
                                      ELSE d.changed_by_rollout_id END,
         changed_from_release_id = CASE WHEN $isSaid AND j.is_news THEN $previousReleaseId WHEN j.falls_back THEN NULL
                                        ELSE d.changed_from_release_id END,
         ask_at = CASE WHEN $isCorrection THEN d.ask_at WHEN NOT $owesVersion THEN NULL
                       WHEN j.reports_at_start THEN $askStartReportersAt ELSE $askAt END,
         asks = CASE WHEN $isCorrection THEN d.asks WHEN $owesVersion AND NOT j.reports_at_start THEN 1 ELSE 0 END,
         quiet_until = coalesce($quietUntil, d.quiet_until),
         forced_release_id = CASE WHEN $keepsForce THEN coalesce(d.forced_release_id, r.id) ELSE d.forced_release_id END
    FROM release r, judged j
   WHERE d.tenant_id = $tenantId AND d.id = j.id AND r.tenant_id = $tenantId AND r.id = $releaseId`);

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
    await tx.query(SETTLE.text, SETTLE.values(settleValues(tenantId, action, settlement)));
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

function settleValues(tenantId: string, action: Action, settlement: Settlement): SettleValues {
  const { to, event, isCorrection, failureKind, now, deadlines } = settlement;
  const asks = firstAskAt(now.getTime());
  return {
    tenantId,
    ...{ deviceId: action.deviceId, releaseId: action.releaseId, actionId: action.id },
    rolloutId: action.rolloutId ?? null,
    previousReleaseId: action.previousReleaseId ?? null,
    endedAt: action.endedAt ?? null,
    isCorrection,
    isInstalled: isInstalledBy(to, event),
    isSaid: isSaidToBeInstalled(to, event),
    isShown: event === 'prove',
    isRolledBack: failureKind === 'rolled-back',
    wantsAttributes: event === 'succeed' || event === 'finish-download',
    owesVersion: to === 'installed',
    askAt: asks.others,
    startReporters: START_REPORTERS,
    askStartReportersAt: asks.startReporters,
    quietUntil: to === 'timed-out' ? new Date(now.getTime() + deadlines.quietMs) : null,
    // An offer taken back was never made, and one never fetched as good as: the operator's force still stands.
    keepsForce: (to === 'withdrawn' || event === 'lapse') && action.isForced,
  };
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

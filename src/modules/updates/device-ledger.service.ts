import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database';
import type { Action, ActionEvent, ActionState } from '../actions/action';

/** How an action came to its end, as far as the device's record is concerned. */
export interface Settlement {
  readonly to: ActionState;
  readonly event: ActionEvent;
  readonly isCorrection: boolean;
}

/**
 * What the end of an action leaves on its device: the version it now runs, as far as we believe; a wish for fresh
 * attributes after a success (hawkBit's R13); and one attempt more. A device deleted meanwhile has no record to keep.
 */
@Injectable()
export class DeviceLedgerService {
  /** Locks the device's row first, as every transaction does that touches both device and action. */
  async settle(tx: Sql, tenantId: string, action: Action, settlement: Settlement): Promise<void> {
    await this.update(tx, tenantId, action, settlement);
    if (!settlement.isCorrection && countsAsAttempt(action, settlement))
      await this.countAttempt(tx, tenantId, action);
  }

  /**
   * `$5` the version that now runs is this release's; `$10` the device says that it installed it, which decides nothing but is
   * what it is shown as its installedBase. Neither when a late success only sets the record straight: a newer action, or a
   * version reported since, knows better.
   */
  private async update(tx: Sql, tenantId: string, action: Action, settlement: Settlement): Promise<void> {
    const { to, event, isCorrection } = settlement;
    await tx.query(
      `WITH judged AS (
         SELECT d.id, NOT ($7 AND (
                  (d.is_version_reported AND d.attributes_at > $8)
                  OR EXISTS (SELECT 1 FROM action n WHERE n.tenant_id = $1 AND n.device_id = $2 AND n.id > $9))) AS is_news
           FROM device d WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE)
       UPDATE device d SET decision_rev = d.decision_rev + 1,
              wants_attributes = d.wants_attributes OR $4,
              is_version_reported = CASE WHEN $5 AND j.is_news THEN d.is_version_reported AND d.installed_version = r.version
                                         ELSE d.is_version_reported END,
              installed_at = CASE WHEN j.is_news AND ($5 AND d.installed_version IS DISTINCT FROM r.version
                                                      OR $10 AND d.installed_release_id IS DISTINCT FROM r.id) THEN now()
                                  ELSE d.installed_at END,
              installed_version = CASE WHEN $5 AND j.is_news THEN r.version ELSE d.installed_version END,
              installed_release_id = CASE WHEN $10 AND j.is_news THEN r.id ELSE d.installed_release_id END,
              installed_action_id = CASE WHEN $10 AND j.is_news THEN $9 ELSE d.installed_action_id END,
              forced_release_id = CASE WHEN $6 THEN coalesce(d.forced_release_id, r.id) ELSE d.forced_release_id END
         FROM release r, judged j
        WHERE d.tenant_id = $1 AND d.id = j.id AND r.tenant_id = $1 AND r.id = $3`,
      [
        tenantId,
        action.deviceId,
        action.releaseId,
        event === 'succeed' || event === 'finish-download',
        isInstalledBy(to, event),
        // An offer taken back was never made: the operator's force still stands.
        to === 'withdrawn' && action.isForced,
        isCorrection,
        action.endedAt ?? null,
        action.id,
        isSaidToBeInstalled(to, event),
      ],
    );
  }

  private async countAttempt(tx: Sql, tenantId: string, action: Action): Promise<void> {
    await tx.query(
      `INSERT INTO device_attempt (tenant_id, device_id, origin, attempts)
       SELECT $1, id, $3, 1 FROM device WHERE tenant_id = $1 AND id = $2
       ON CONFLICT ON CONSTRAINT device_attempt_pk DO UPDATE SET attempts = device_attempt.attempts + 1`,
      [tenantId, action.deviceId, action.origin],
    );
  }
}

/**
 * Every ended action that the device fetched counts, successes too: else a device that goes on reporting a stale version
 * would be updated for ever. Its own verdict shows that it fetched, also when the fetch itself was never seen. What was
 * cancelled counts as well, fetched or not: whoever cancels does not want it offered again at the next poll.
 */
function countsAsAttempt(action: Action, { event, to }: Settlement): boolean {
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
  return (to === 'confirmed' || (to === 'lapsed' && event === 'succeed')) && event !== 'finish-download';
}

import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import type { Sql } from '../../../platform/database/database';
import { lockFailures, lockRolloutExclusive } from '../../../platform/database/locks';
import { isEnded, type Action, type ActionState } from '../../actions/action/action';
import type { FailureKind } from '../../actions/action/action';
import { FAILURE_STATES } from '../../rollouts/gates/gate';
import { RolloutGatesService } from '../../rollouts/gates/rollout-gates.service';
import { RolloutSlotsService } from '../../rollouts/gates/rollout-slots.service';
import { ReleaseBreakerService } from './release-breaker.service';

/** A step of an action, as far as it counts for others than its device. */
export interface CountedStep {
  readonly to: ActionState;
  readonly isCorrection: boolean;
  /** Why it is a failure, if it is one and the caller knows better than "the device said so". */
  readonly failureKind?: FailureKind | undefined;
}

/** Whose fault it was is still to be found out. */
const MAY_BE_OURS: readonly (FailureKind | undefined)[] = [undefined, 'device', 'rejected', 'timed-out'];

/** How a failure came about, as far as the history shows it: bytes of ours that were not what they should be, a refusal. */
const CAUSES = `
  SELECT EXISTS (SELECT 1 FROM release_module m
                   JOIN artifact a ON a.module_id = m.id AND a.tenant_id = m.tenant_id
                   JOIN blob b ON b.id = a.blob_id AND b.tenant_id = a.tenant_id
                  WHERE m.tenant_id = $1 AND m.release_id = $2 AND b.fault IS NOT NULL) AS "isOurs",
         EXISTS (SELECT 1 FROM action_log l
                  WHERE l.tenant_id = $1 AND l.action_id = $3 AND l.source = 'device' AND l.status = 'rejected') AS "isRefusal"`;

/**
 * What an action's step counts for: its slot, the tally of its rollout, and, when it is a failure, the gates of the rollout or
 * the breaker of the release. Every method is part of the transaction that writes the step.
 */
@Injectable()
export class OutcomesService {
  constructor(
    private readonly slots: RolloutSlotsService,
    private readonly gates: RolloutGatesService,
    private readonly breaker: ReleaseBreakerService,
    private readonly clock: Clock,
  ) {}

  /**
   * Before anything else but the plan is locked: failures are counted one by one, and no offer is admitted meanwhile. So is a
   * failure taken back, which may lower what was acknowledged.
   */
  async lock(tx: Sql, action: Action, to: ActionState): Promise<void> {
    if (FAILURE_STATES.includes(to)) await lockFailures(tx, [action]);
    else if (action.rolloutId !== undefined && FAILURE_STATES.includes(action.state))
      await lockRolloutExclusive(tx, action.rolloutId);
  }

  /**
   * The device's tally moves with every state; the slot returns with the end, and a correction finds it returned. Last in
   * the transaction: many devices count on the same few rows.
   */
  async count(tx: Sql, tenantId: string, action: Action, step: CountedStep): Promise<void> {
    const failureKind = await this.kindOf(tx, tenantId, action, step);
    if (failureKind !== undefined || step.isCorrection) await this.note(tx, tenantId, action, failureKind);
    if (action.rolloutId !== undefined)
      return this.countMember(tx, tenantId, action, { ...step, failureKind });
    if (failureKind !== undefined && failureKind !== 'server')
      await this.breaker.judge(tx, tenantId, action.releaseId);
  }

  private async countMember(tx: Sql, tenantId: string, action: Action, step: CountedStep): Promise<void> {
    const { rolloutId, deviceId, wave, lane, id: actionId } = action;
    if (rolloutId === undefined || wave === undefined || lane === undefined) return;
    const { to, isCorrection, failureKind } = step;
    const member = { tenantId, rolloutId, deviceId, wave, lane, actionId };
    if (isEnded(to) && !isCorrection) await this.slots.free(tx, member);
    const settledAt = isEnded(to) ? this.clock.now() : undefined;
    const counted = await this.slots.move(tx, member, { to, settledAt, failureKind });
    if (counted === undefined || failureKind === undefined) return;
    await this.gates.judge(tx, { tenantId, rolloutId, wave: counted, kind: failureKind });
  }

  private async kindOf(
    tx: Sql,
    tenantId: string,
    action: Action,
    { to, failureKind }: CountedStep,
  ): Promise<FailureKind | undefined> {
    if (!FAILURE_STATES.includes(to)) return undefined;
    if (!MAY_BE_OURS.includes(failureKind)) return failureKind;
    const [cause] = await tx.query<{ isOurs: boolean; isRefusal: boolean }>(CAUSES, [
      tenantId,
      action.releaseId,
      action.id,
    ]);
    if (cause?.isOurs === true) return 'server';
    if (to === 'timed-out') return 'timed-out';
    return cause?.isRefusal === true ? 'rejected' : (failureKind ?? 'device');
  }

  private async note(
    tx: Sql,
    tenantId: string,
    action: Action,
    failureKind: FailureKind | undefined,
  ): Promise<void> {
    await tx.query(
      `UPDATE action SET failure_kind = $3
        WHERE tenant_id = $1 AND id = $2 AND failure_kind IS DISTINCT FROM $3`,
      [tenantId, action.id, failureKind ?? null],
    );
  }
}

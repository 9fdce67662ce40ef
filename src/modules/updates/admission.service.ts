import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database';
import { lockPlanShared, lockReleaseShared, lockRolloutShared } from '../../platform/database/locks';
import { ActionsService } from '../actions/actions.service';
import { serverEntry } from '../actions/log-entry';
import type { Offer } from '../rollouts/decision';
import type { Plan } from '../rollouts/plan';
import { RolloutSlotsService } from '../rollouts/rollout-slots.service';
import { RolloutsService } from '../rollouts/rollouts.service';
import type { SightedDevice } from './sighting';

export type Admission =
  | { readonly kind: 'admitted'; readonly actionId: string }
  /** Something changed since it was decided: read again, decide again. */
  | { readonly kind: 'stale' }
  /** The in-flight cap is reached: come back later. */
  | { readonly kind: 'full' };

/** Thrown to roll back; never leaves this file. */
class Refusal extends Error {
  constructor(readonly admission: Admission) {
    super(admission.kind);
  }
}

const STALE = new Refusal({ kind: 'stale' });
const FULL = new Refusal({ kind: 'full' });

/**
 * Turns a decision into an action. The decision was made on a plan and a device row that may be old by now, so Postgres
 * judges: under shared locks of plan and rollout, the plan must have the same revision and the device the same
 * decision_rev. Equal inputs make an equal decision, so nothing needs deciding again.
 */
@Injectable()
export class AdmissionService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly rollouts: RolloutsService,
    private readonly slots: RolloutSlotsService,
  ) {}

  async admit(plan: Plan, device: SightedDevice, offer: Offer): Promise<Admission> {
    try {
      const actionId = await this.database.transaction((tx) => this.admitIn(tx, plan, device, offer));
      return { kind: 'admitted', actionId };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error === FULL) await this.remember(plan, device, 'in-flight-cap');
      return error.admission;
    }
  }

  private async admitIn(tx: Transaction, plan: Plan, device: SightedDevice, offer: Offer): Promise<string> {
    const { tenantId } = plan;
    await this.checkPremise(tx, plan, offer);
    const claim = await this.claimDevice(tx, tenantId, device, offer);
    if (claim === undefined) throw STALE;
    const lane = await this.takeSlot(tx, tenantId, offer.rolloutId);
    const needsConfirmation =
      offer.terms.needsConfirmation && plan.settings.needsConfirmation && !claim.autoConfirm;
    const actionId = await this.make(tx, tenantId, { offer, lane, device, needsConfirmation });
    if (offer.rolloutId !== undefined && lane !== undefined) {
      const { rolloutId, wave = 1 } = offer;
      const member = { tenantId, rolloutId, deviceId: device.id, wave, lane, actionId };
      await this.slots.admit(tx, member, needsConfirmation ? 'awaiting-confirmation' : 'offered');
    }
    return actionId;
  }

  private async make(
    tx: Transaction,
    tenantId: string,
    admitted: { offer: Offer; lane: number | undefined; device: SightedDevice; needsConfirmation: boolean },
  ): Promise<string> {
    const { offer, lane, device, needsConfirmation } = admitted;
    const { releaseId, origin, isForced, rolloutId, wave, terms } = offer;
    const one = {
      deviceId: device.id,
      controllerId: device.controllerId,
      previousVersion: device.installedVersion,
      state: needsConfirmation ? ('awaiting-confirmation' as const) : ('offered' as const),
      needsConfirmation,
    };
    const [made] = await this.actions.make(
      tx,
      tenantId,
      { releaseId, origin, isForced, rolloutId, wave, lane, terms, devices: [one] },
      serverEntry('offered', `Offered on account of ${origin}.`),
    );
    if (made === undefined) throw new Error('an insert returned no row');
    return made.id;
  }

  /** Lock and read are separate statements: in one, the read would see the state from before the wait. */
  private async checkPremise(tx: Transaction, plan: Plan, offer: Offer): Promise<void> {
    const { rolloutId } = offer;
    await lockPlanShared(tx, plan.tenantId);
    if (rolloutId !== undefined) await lockRolloutShared(tx, rolloutId);
    else await lockReleaseShared(tx, offer.releaseId);
    if (!(await this.isPlanCurrent(tx, plan, offer))) throw STALE;
    if (rolloutId !== undefined && !(await this.slots.hasRoom(tx, plan.tenantId, rolloutId))) throw FULL;
  }

  private async takeSlot(
    tx: Transaction,
    tenantId: string,
    rolloutId: string | undefined,
  ): Promise<number | undefined> {
    if (rolloutId === undefined) return undefined;
    const lane = await this.slots.take(tx, tenantId, rolloutId);
    if (lane === undefined) throw FULL;
    return lane;
  }

  private async isPlanCurrent(tx: Transaction, plan: Plan, offer: Offer): Promise<boolean> {
    if (offer.rolloutId !== undefined) {
      return this.rollouts.isOffering(tx, plan.tenantId, offer.rolloutId, plan.revision);
    }
    const rows = await tx.query(
      'SELECT 1 FROM tenant_plan WHERE tenant_id = $1 AND revision = $2 AND NOT is_stopped',
      [plan.tenantId, plan.revision.toString()],
    );
    return rows.length > 0;
  }

  /** One of several racing polls wins the row; a force is consumed by the admission that it brought about. */
  private async claimDevice(
    tx: Transaction,
    tenantId: string,
    device: SightedDevice,
    offer: Offer,
  ): Promise<{ autoConfirm: boolean } | undefined> {
    const [claimed] = await tx.query<{ autoConfirm: boolean }>(
      `UPDATE device SET decision_rev = decision_rev + 1,
              forced_release_id = CASE WHEN $4 THEN NULL ELSE forced_release_id END, verdict = NULL
        WHERE tenant_id = $1 AND id = $2 AND decision_rev = $3 RETURNING auto_confirm AS "autoConfirm"`,
      [tenantId, device.id, device.decisionRev, offer.isForced],
    );
    return claimed;
  }

  /** Kept for "why is this device not updating?". Written once per verdict, not once per poll. */
  private async remember(plan: Plan, device: SightedDevice, verdict: string): Promise<void> {
    const revision = plan.revision.toString();
    await this.database.query(
      `UPDATE device SET verdict = $3, verdict_plan_revision = $4, verdict_at = now()
        WHERE tenant_id = $1 AND id = $2
          AND (verdict IS DISTINCT FROM $3 OR verdict_plan_revision IS DISTINCT FROM $4)`,
      [plan.tenantId, device.id, verdict, revision],
    );
  }
}

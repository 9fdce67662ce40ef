import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Transaction } from '../../../platform/database/database';
import { lockOffer, lockPlanShared } from '../../../platform/database/locks';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import type { Offer } from '../../rollouts/rules/decision';
import type { Plan } from '../../rollouts/plan/plan';
import { minuteOf } from '../../rollouts/gates/offer-pace';
import type { PlannedRollout } from '../../rollouts/plan/plan';
import { RolloutRoomService, type Entry, type Fullness } from '../../rollouts/gates/rollout-room.service';
import { RolloutSlotsService } from '../../rollouts/gates/rollout-slots.service';
import { RolloutsService } from '../../rollouts/rollouts.service';
import type { SightedDevice } from '../sightings/sighting';

export type Admission =
  | { readonly kind: 'admitted'; readonly actionId: string }
  /** Something changed since it was decided: read again, decide again. */
  | { readonly kind: 'stale' }
  /** The rollout takes no more devices for now: come back later. */
  | { readonly kind: 'full'; readonly verdict: Fullness };

/** Thrown to roll back; never leaves this file. */
class Refusal extends Error {
  constructor(readonly admission: Admission) {
    super(admission.kind);
  }
}

const STALE = new Refusal({ kind: 'stale' });

/** What the device's row says as it is claimed. */
interface Claim {
  readonly autoConfirm: boolean;
  readonly installedReleaseId: string | null;
  /** It told its version, rather than that we believe it. */
  readonly hasToldVersion: boolean;
}

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
    private readonly room: RolloutRoomService,
    private readonly clock: Clock,
  ) {}

  async admit(plan: Plan, device: SightedDevice, offer: Offer): Promise<Admission> {
    try {
      const actionId = await this.database.transaction((tx) => this.admitIn(tx, plan, device, offer));
      return { kind: 'admitted', actionId };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { admission } = error;
      if (admission.kind === 'full') await this.remember(plan, device, admission.verdict);
      return admission;
    }
  }

  private async admitIn(tx: Transaction, plan: Plan, device: SightedDevice, offer: Offer): Promise<string> {
    const entry = this.entryOf(plan, device, offer);
    if (entry !== undefined) await this.glance(tx, plan, offer, entry);
    await this.checkPremise(tx, plan, offer);
    const claim = await this.claimDevice(tx, plan.tenantId, device, offer);
    if (claim === undefined) throw STALE;
    const lane = entry === undefined ? undefined : laneOf(await this.room.enter(tx, entry));
    const one = newAction(plan, device, offer, claim);
    const { releaseId, origin, isForced, rolloutId, wave, terms } = offer;
    const [made] = await this.actions.make(
      tx,
      plan.tenantId,
      { releaseId, origin, isForced, rolloutId, wave, lane, terms, devices: [one] },
      {
        entry: serverEntry('offered', `Offered on account of ${origin}.`),
        deadlines: plan.settings.deadlines,
      },
    );
    if (made === undefined) throw new Error('an insert returned no row');
    if (entry !== undefined && lane !== undefined)
      await this.slots.admit(tx, { ...entry, lane, actionId: made.id }, one.state);
    return made.id;
  }

  /**
   * Before any lock: the polls at a rollout that is full are many, and held for a moment each, its lock would never be free for
   * those who have to have it alone. That it is full counts only as long as the plan is the one that was decided by.
   */
  private async glance(tx: Transaction, plan: Plan, offer: Offer, entry: Entry): Promise<void> {
    const verdict = await this.room.glance(tx, entry);
    if (verdict === undefined) return;
    if (!(await this.isPlanCurrent(tx, plan, accountOf(offer)))) throw STALE;
    throw new Refusal({ kind: 'full', verdict });
  }

  /** Undefined for what takes no place in a rollout. */
  private entryOf(plan: Plan, device: SightedDevice, offer: Offer): Entry | undefined {
    const rollout = offer.rolloutId === undefined ? undefined : plan.rollouts.get(offer.rolloutId);
    if (rollout === undefined) return undefined;
    const { wave = 1 } = offer;
    return {
      tenantId: plan.tenantId,
      rolloutId: rollout.id,
      deviceId: device.id,
      wave,
      minute: minuteOf(this.clock.epochMs()),
      pace: rollout.pace,
      most: {
        ofRollout: rollout.mostDevices !== undefined,
        ofWave: rollout.waves.find(({ position }) => position === wave)?.mostDevices !== undefined,
      },
    };
  }

  /** Lock and read are separate statements: in one, the read would see the state from before the wait. */
  private async checkPremise(tx: Transaction, plan: Plan, offer: Offer): Promise<void> {
    const rolloutId = accountOf(offer);
    await lockPlanShared(tx, plan.tenantId);
    await lockOffer(tx, { rolloutId, releaseId: offer.releaseId });
    if (!(await this.isPlanCurrent(tx, plan, rolloutId))) throw STALE;
  }

  private async isPlanCurrent(tx: Transaction, plan: Plan, rolloutId: string | undefined): Promise<boolean> {
    if (rolloutId !== undefined) return this.rollouts.isOffering(tx, plan.tenantId, rolloutId, plan.revision);
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
  ): Promise<Claim | undefined> {
    const [claimed] = await tx.query<Claim>(
      `UPDATE device SET decision_rev = decision_rev + 1,
              forced_release_id = CASE WHEN $4 THEN NULL ELSE forced_release_id END, verdict = NULL
        WHERE tenant_id = $1 AND id = $2 AND decision_rev = $3
        RETURNING auto_confirm AS "autoConfirm", installed_release_id AS "installedReleaseId",
                  is_version_reported AND installed_version IS NOT NULL AS "hasToldVersion"`,
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

/** A step on the way to a rollout's release holds only while that rollout offers. */
function accountOf({ rolloutId, hopOf }: Offer): string | undefined {
  return rolloutId ?? hopOf;
}

function laneOf(answer: number | Fullness): number {
  if (typeof answer === 'number') return answer;
  throw new Refusal({ kind: 'full', verdict: answer });
}

interface Made {
  readonly deviceId: string;
  readonly controllerId: string;
  readonly previousVersion: string | undefined;
  readonly state: 'offered' | 'awaiting-confirmation';
  readonly needsConfirmation: boolean;
  readonly previousReleaseId: string | undefined;
  readonly awaitsVersion: boolean;
}

/** What the device had before is noted for the way back; what it has to show afterwards, for the end. */
function newAction(plan: Plan, device: SightedDevice, offer: Offer, claim: Claim): Made {
  const { terms, releaseId } = offer;
  const rollout: PlannedRollout | undefined = plan.rollouts.get(accountOf(offer) ?? '');
  const needsConfirmation = terms.needsConfirmation && plan.settings.needsConfirmation && !claim.autoConfirm;
  const before = claim.installedReleaseId ?? undefined;
  return {
    deviceId: device.id,
    controllerId: device.controllerId,
    previousVersion: device.installedVersion,
    state: needsConfirmation ? 'awaiting-confirmation' : 'offered',
    needsConfirmation,
    previousReleaseId: before === releaseId ? undefined : before,
    awaitsVersion: rollout?.confirms === 'version' && claim.hasToldVersion && terms.type !== 'download-only',
  };
}

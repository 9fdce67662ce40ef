import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database } from '../../../platform/database/database';
import { NotFoundError } from '../../../platform/errors/domain.error';
import type { Reason } from '../../rollouts/rules/decision';
import type { Plan, PlannedRollout } from '../../rollouts/plan/plan';
import { Beheld, isMeant } from '../../rollouts/plan/population';
import { PlansService } from '../../rollouts/plan/plans.service';
import { outcomeOf, type Outcome } from '../../rollouts/resolve/preview';
import { TenantsService } from '../../tenants/tenants.service';
import { DecisionsService } from '../sightings/decisions.service';
import { previewQuery, type DeviceClass, type PreviewQuery } from './preview-query';
import { SightingsService } from '../sightings/sightings.service';

/** Devices with which a rollout would do the same. */
export interface PreviewGroup {
  readonly decision: 'offer' | Reason;
  /** Of those that it offers to, and of those whose wave has not come; a step on the way has none. */
  readonly wave?: number;
  readonly devices: number;
}

/** What would happen if a rollout ran. */
export interface Preview {
  /** Whom it means. */
  readonly devices: number;
  readonly groups: readonly PreviewGroup[];
}

/** A device that stands for many may be deleted before it is read. */
const MAX_ROUNDS = 3;
/** Classes are few; where they are not, polls shall not wait for all of them. */
const AT_ONCE = 500;

/**
 * Who would get it? Not a second resolver: SQL puts the devices into classes by every input of `resolve`, and `resolve` is
 * asked about one device of each.
 */
@Injectable()
export class PreviewService {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansService,
    private readonly tenants: TenantsService,
    private readonly sightings: SightingsService,
    private readonly decisions: DecisionsService,
    private readonly clock: Clock,
  ) {}

  /** As if the rollout, whatever its state, were running now. @throws NotFoundError */
  async preview(actor: Actor, rolloutId: string): Promise<Preview> {
    const now = this.clock.now();
    const supposed = /^\d{1,10}$/.test(rolloutId)
      ? await this.plans.asIfRunning(actor.tenantId, rolloutId, now.getTime())
      : undefined;
    const rollout = supposed?.rollouts.get(rolloutId);
    if (supposed === undefined || rollout === undefined) throw new NotFoundError('rollout', rolloutId);
    const { key: tenantKey } = await this.tenants.of(actor);
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const preview = await this.look(tenantKey, supposed, rollout, now);
      if (preview !== undefined) return preview;
    }
    throw new Error(`the devices of rollout ${rolloutId} vanish faster than they are counted`);
  }

  /** Undefined: a device that stood for others is gone. */
  private async look(
    tenantKey: string,
    supposed: Plan,
    rollout: PlannedRollout,
    now: Date,
  ): Promise<Preview | undefined> {
    const classes = await this.classesOf(previewQuery(supposed, rollout, now.getTime()));
    const tally = new Tally();
    const judge = async ({ controllerId, devices }: DeviceClass): Promise<boolean> => {
      const sighting = await this.sightings.find({ tenantKey, controllerId });
      if (sighting?.device === undefined) return false;
      const device = await this.decisions.beheld(supposed, sighting.device);
      if (!isMeant(new Beheld(device), rollout)) return true;
      const outcome = outcomeOf(device, supposed, rollout, now);
      tally.add(outcome, Number(devices));
      return true;
    };
    for (let from = 0; from < classes.length; from += AT_ONCE) {
      const judged = await Promise.all(classes.slice(from, from + AT_ONCE).map(judge));
      if (judged.includes(false)) return undefined;
    }
    return tally.preview();
  }

  /**
   * Reads every device that the rollout may mean, under no lock of ours. There are few classes, which the planner does not know: it
   * would sort the whole fleet to find them.
   */
  private async classesOf({ text, values }: PreviewQuery): Promise<DeviceClass[]> {
    return this.database.snapshot(async (sql) => {
      await sql.query('SET LOCAL enable_sort = off');
      return sql.query<DeviceClass>(text, values);
    });
  }
}

class Tally {
  private readonly groups = new Map<
    string,
    { decision: PreviewGroup['decision']; wave: number | undefined; devices: number }
  >();
  private devices = 0;

  add({ decision, wave }: Outcome, devices: number): void {
    const key = `${decision} ${wave ?? ''}`;
    const group = this.groups.get(key) ?? { decision, wave, devices: 0 };
    group.devices += devices;
    this.groups.set(key, group);
    this.devices += devices;
  }

  /** Offers first, then by how many they are. */
  preview(): Preview {
    const groups = [...this.groups.values()]
      .sort(
        (a, b) =>
          Number(b.decision === 'offer') - Number(a.decision === 'offer') ||
          b.devices - a.devices ||
          (a.decision < b.decision ? -1 : Number(a.decision > b.decision)) ||
          (a.wave ?? 0) - (b.wave ?? 0),
      )
      .map(({ decision, wave, devices }) =>
        wave === undefined ? { decision, devices } : { decision, wave, devices },
      );
    return { devices: this.devices, groups };
  }
}

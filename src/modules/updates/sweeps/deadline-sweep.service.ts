import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { systemActor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Transaction } from '../../../platform/database/database';
import { lockFailures } from '../../../platform/database/locks';
import { dueAt, expiryOf, type Expiry } from '../../actions/action/deadline';
import { DueActionsService, type DueAction, type DuePlace } from '../../actions/due-actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import type { Deadlines } from '../../tenants/deadlines';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import { ActionFlowService } from '../outcomes/action-flow.service';
import { AttendanceService } from './attendance.service';

interface Circumstances {
  readonly deadlines: Deadlines;
  readonly now: Date;
  /** After an outage of our own: time alone makes no failure before. */
  readonly patientUntil: Date | undefined;
}

const SWEEP_MS = 2000;
/** Actions in one transaction. */
const BATCH = 100;
/** Of one sweep: the next one goes on where this leaves off. */
const MOST_BATCHES = 50;

/** What the log says of it. */
const WORDS: Readonly<Record<Expiry, readonly [status: string, message: string]>> = {
  lapse: ['lapsed', 'The device did not fetch it in time.'],
  'time-out': ['timed-out', 'The device was not heard of in time.'],
  'expire-cancel': ['cancelled', 'The device did not answer the cancel in time.'],
  disprove: ['rolled-back', 'The device did not show the version in time.'],
};

/**
 * Ends actions that wait longer than their deadlines allow, so that every action ends and every slot returns, whatever becomes
 * of the devices. Any number of replicas may do it: each takes what no other holds, and what has moved on meanwhile is left alone.
 */
@Injectable()
export class DeadlineSweepService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeadlineSweepService.name);
  private timer: NodeJS.Timeout | undefined;
  private isSweeping = false;

  constructor(
    private readonly database: Database,
    private readonly actions: DueActionsService,
    private readonly settings: TenantSettingsService,
    private readonly flow: ActionFlowService,
    private readonly clock: Clock,
    private readonly attendance: AttendanceService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      if (this.isSweeping) return;
      this.isSweeping = true;
      this.timedSweep()
        .catch((error: unknown) =>
          this.logger.warn(`Deadlines were not looked after and will be later: ${String(error)}`),
        )
        .finally(() => (this.isSweeping = false));
    }, SWEEP_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async timedSweep(): Promise<void> {
    await this.attendance.note();
    await this.sweep();
  }

  /** Ends or postpones what is due now; answers with how many that were. */
  async sweep(): Promise<number> {
    await this.dateUndated();
    let swept = 0;
    for (let batch = 1; batch <= MOST_BATCHES; batch += 1) {
      const now = this.clock.now();
      const due = await this.actions.list(now, BATCH);
      const done = await this.sweepAll(due, now);
      swept += done;
      // What another replica holds, or what cannot be ended, is there again: it would be the same round once more.
      if (due.length < BATCH || done === 0) break;
    }
    return swept;
  }

  /** A replica of a version that knew no deadlines makes actions without. */
  private async dateUndated(): Promise<void> {
    const now = this.clock.now();
    for (const action of await this.actions.listUndated(BATCH)) {
      const { deadlines } = await this.settings.read(this.database, action.tenantId);
      await this.actions.date(action, deadlines, now);
    }
  }

  private async sweepAll(due: readonly DuePlace[], now: Date): Promise<number> {
    let swept = 0;
    for (const tenantId of new Set(due.map((one) => one.tenantId))) {
      const places = due.filter((one) => one.tenantId === tenantId);
      swept += await this.sweepTenant(tenantId, places, now);
    }
    return swept;
  }

  /** One action that cannot be ended must not keep the others open. */
  private async sweepTenant(tenantId: string, places: readonly DuePlace[], now: Date): Promise<number> {
    try {
      return await this.database.transaction((tx) => this.sweepIn(tx, tenantId, places, now));
    } catch (error) {
      if (places.length === 1) {
        this.logger.warn(`Action ${places[0]?.id} was not ended and will be later: ${String(error)}`);
        return 0;
      }
      let swept = 0;
      for (const place of places) swept += await this.sweepTenant(tenantId, [place], now);
      return swept;
    }
  }

  /** Lock order: rollouts ascending, releases, devices, actions, lanes ascending. A device that somebody else is at work on waits for the next round. */
  private async sweepIn(
    tx: Transaction,
    tenantId: string,
    places: readonly DuePlace[],
    now: Date,
  ): Promise<number> {
    const { deadlines } = await this.settings.read(tx, tenantId);
    const failing = places.filter(({ state }) => isFailure(expiryOf(state)));
    await lockFailures(tx, failing);
    const free = await this.lockDevices(tx, tenantId, places);
    const ids = places.filter((one) => free.has(one.deviceId)).map((one) => one.id);
    const due = await this.actions.lock(tx, tenantId, ids, now);
    const patientUntil = await this.attendance.patientUntil(tx, now);
    for (const one of [...due].sort(byLane))
      await this.expire(tx, tenantId, one, { deadlines, now, patientUntil });
    return due.length;
  }

  /** Those that this transaction holds, and those that are no longer there. */
  private async lockDevices(
    tx: Transaction,
    tenantId: string,
    places: readonly DuePlace[],
  ): Promise<ReadonlySet<string>> {
    const wanted = places.map((one) => one.deviceId);
    const held = await tx.query<{ id: string }>(
      `SELECT id FROM device WHERE tenant_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED`,
      [tenantId, wanted],
    );
    const there = await tx.query<{ id: string }>(
      'SELECT id FROM device WHERE tenant_id = $1 AND id = ANY($2::bigint[])',
      [tenantId, wanted],
    );
    const known = new Set(there.map((one) => one.id));
    return new Set([...held.map((one) => one.id), ...wanted.filter((id) => !known.has(id))]);
  }

  private async expire(
    tx: Transaction,
    tenantId: string,
    due: DueAction,
    { deadlines, now, patientUntil }: Circumstances,
  ): Promise<void> {
    const { action } = due;
    const event = expiryOf(action.state);
    if (event === undefined) return;
    const later = postponement(due, event, deadlines, now) ?? (isFailure(event) ? patientUntil : undefined);
    if (later !== undefined) {
      await this.actions.postpone(tx, tenantId, action.id, later);
      return;
    }
    const [status, message] = WORDS[event];
    const entry = serverEntry(status, message);
    await this.flow.happenIn(tx, systemActor(tenantId), action.id, { event, entry, deadlines });
  }
}

function isFailure(event: Expiry | undefined): boolean {
  return event === 'time-out' || event === 'disprove';
}

/** Two sweeps that both free slots of a rollout must not wait for each other's lanes. */
function byLane({ action: a }: DueAction, { action: b }: DueAction): number {
  return Number(a.rolloutId ?? 0) - Number(b.rolloutId ?? 0) || (a.lane ?? 0) - (b.lane ?? 0);
}

/**
 * A device that has reported since its state began is not silent, and one that waits for its window has nothing to say:
 * neither writes the deadline anew, so it is looked at once more before anything ends.
 */
function postponement(
  { action, heardAt }: DueAction,
  event: Expiry,
  deadlines: Deadlines,
  now: Date,
): Date | undefined {
  const isSilence = event === 'time-out';
  if (!isSilence && action.window === undefined) return undefined;
  if (event !== 'lapse' && !isSilence) return undefined;
  const since = isSilence ? heardAt : action.changedAt;
  if (since === undefined) return undefined;
  const later = dueAt({ ...action, sinceMs: since.getTime() }, deadlines);
  return later !== undefined && later > now ? later : undefined;
}

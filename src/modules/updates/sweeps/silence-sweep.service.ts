import { Injectable } from '@nestjs/common';
import { systemActor } from '../../../platform/actor/actor';
import { Settings } from '../../../platform/config/settings';
import { Database } from '../../../platform/database/database';
import { claimRollout, lockFailures } from '../../../platform/database/locks';
import { recordEvent } from '../../../platform/events/event-log';
import { DevicesService } from '../../devices/devices.service';
import { paceOf, type Pacing } from '../../rollouts/plan/pacing';
import { RolloutGatesService } from '../../rollouts/gates/rollout-gates.service';
import { RolloutSlotsService } from '../../rollouts/gates/rollout-slots.service';
import type { PollPace } from '../../tenants/poll-interval';
import { AttendanceService } from './attendance.service';
import {
  RolloutSchedulerRepository,
  type DueRow,
  type Patience,
  type WatchedRow,
} from './rollout-scheduler.repository';
import { watchOf, type Watched } from './watch';

/** Devices that are looked at at once, without a lock. */
const LOOK = 1000;
/** Devices that are counted in one transaction. */
const SWEEP = 100;

/**
 * Updated devices that are not heard of any more. An update that takes a device off the net is the worst of failures, and the
 * only one that nobody reports.
 */
@Injectable()
export class SilenceSweepService {
  constructor(
    private readonly database: Database,
    private readonly repository: RolloutSchedulerRepository,
    private readonly devices: DevicesService,
    private readonly slots: RolloutSlotsService,
    private readonly gates: RolloutGatesService,
    private readonly server: Settings,
    private readonly attendance: AttendanceService,
  ) {}

  /** How long the most impatient of the tenant's devices is waited for, and the most patient. */
  spans({ silentPolls }: DueRow, pacing: Pacing | undefined): { shortestMs: number; longestMs: number } {
    const paces = pacing === undefined ? [] : [pacing, ...pacing.overrides];
    const all = paces.map((pace) => silentPolls * this.longestMs(pace));
    if (all.length === 0) all.push(silentPolls * this.server.pollIntervalMs);
    return { shortestMs: Math.min(...all), longestMs: Math.max(...all) };
  }

  /** Somebody is there to hear devices. */
  async attend(): Promise<void> {
    await this.attendance.note();
  }

  /** After an outage of our own nobody can tell yet who is silent, for as long as a device may be. */
  async isDeaf(now: Date, longestMs: number): Promise<boolean> {
    return (await this.attendance.patientUntil(this.database, now, longestMs)) !== undefined;
  }

  /**
   * Looks at those that may be silent by what is known of them, and at no others; answers with how many were lost. Broken off in the
   * middle, it has counted what it has counted.
   */
  async sweep(rollout: DueRow, pacing: Pacing | undefined, now: Date): Promise<number> {
    let lost = 0;
    for (;;) {
      const watched = await this.repository.listWatched(rollout, now, LOOK);
      const seen = await this.lookAt(rollout, pacing, watched, now);
      lost += seen.lost;
      // What cannot be counted or written just now is there again the next time.
      if (watched.length < LOOK || seen.lost + seen.putOff === 0) return lost;
    }
  }

  private async lookAt(
    rollout: DueRow,
    pacing: Pacing | undefined,
    watched: readonly WatchedRow[],
    now: Date,
  ): Promise<{ lost: number; putOff: number }> {
    const patience = await this.patienceWith(rollout, pacing, watched);
    const silent: Patience[] = [];
    const looks: { deviceId: string; nextAt: Date | null }[] = [];
    for (const [at, row] of watched.entries()) {
      const one = patience[at];
      if (one === undefined) continue;
      const watch = row.isGone ? 'over' : watchOf(watchedOf(row), one.spanMs, now);
      if (watch === 'silent') silent.push(one);
      else looks.push({ deviceId: row.deviceId, nextAt: watch === 'over' ? null : watch.nextAt });
    }
    const putOff = looks.length === 0 ? 0 : await this.repository.watchAgain(rollout, now, looks);
    let lost = 0;
    for (let from = 0; from < silent.length; from += SWEEP)
      lost += await this.lose(rollout, now, silent.slice(from, from + SWEEP));
    return { lost, putOff };
  }

  /** A failure like any other: counted and judged while no offer is admitted. What was heard of meanwhile stays confirmed. */
  private async lose(rollout: DueRow, now: Date, patience: readonly Patience[]): Promise<number> {
    const { tenantId, id: rolloutId, releaseId } = rollout;
    return this.database.transaction(async (tx) => {
      if (!(await claimRollout(tx, rolloutId))) return 0;
      const state = await this.repository.stateOf(tx, rollout);
      if (state !== 'running' && state !== 'finished') return 0;
      await lockFailures(tx, [{ rolloutId, releaseId }]);
      const silent = await this.repository.stillSilent(tx, rollout, now, patience);
      const ids = silent.map((one) => one.deviceId);
      const waves = await this.slots.lose(tx, tenantId, rolloutId, ids);
      if (waves.length === 0) return 0;
      await recordEvent(tx, systemActor(tenantId), {
        kind: 'rollout.devices-lost',
        subject: `rollout:${rolloutId}`,
        detail: { devices: silent.map((one) => one.controllerId) },
      });
      for (const wave of waves) await this.gates.judge(tx, { tenantId, rolloutId, wave, kind: 'lost' });
      return silent.length;
    });
  }

  private async patienceWith(
    { tenantId, silentPolls }: DueRow,
    pacing: Pacing | undefined,
    watched: readonly WatchedRow[],
  ): Promise<Patience[]> {
    return Promise.all(
      watched.map(async ({ deviceId }) => {
        const intervalMs = await this.intervalMs(tenantId, pacing, deviceId);
        return { deviceId, spanMs: Math.round(silentPolls * intervalMs) };
      }),
    );
  }

  private async intervalMs(tenantId: string, pacing: Pacing | undefined, deviceId: string): Promise<number> {
    if (pacing === undefined) return this.server.pollIntervalMs;
    if (pacing.filters.length === 0) return this.longestMs(pacing);
    const subject = await this.devices.filterSubject(tenantId, deviceId);
    return this.longestMs(subject === undefined ? pacing : paceOf(pacing, subject));
  }

  /** With the jitter that it may have been told. */
  private longestMs({ intervalMs, jitterPercent }: PollPace): number {
    return Math.max(intervalMs * (1 + jitterPercent / 100), this.server.pollIntervalMinMs);
  }
}

function watchedOf({ settledAt, lastSeenAt, soakMs }: WatchedRow): Watched {
  return { settledAt, lastSeenAt: lastSeenAt ?? undefined, soakMs: Number(soakMs) };
}

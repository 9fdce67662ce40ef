import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { Settings } from '../../../platform/config/settings';
import { DevicesService } from '../../devices/devices.service';
import { paceOf, subjectOf, type Pacing } from '../../rollouts/plan/pacing';
import type { Plan } from '../../rollouts/plan/plan';
import { sleepMs, type PollPace, type SleepTerms } from '../../tenants/poll-interval';
import type { SightedDevice } from '../sightings/sighting';

/** How long devices sleep between polls: as their tenant says, or else the server. */
@Injectable()
export class PollingService {
  private readonly serversPace: PollPace;
  private readonly terms: SleepTerms;

  constructor(
    private readonly devices: DevicesService,
    private readonly clock: Clock,
    server: Settings,
  ) {
    this.serversPace = { intervalMs: server.pollIntervalMs, jitterPercent: 0 };
    this.terms = { floorMs: server.pollIntervalMinMs, draw: () => Math.random() };
  }

  /**
   * How long this device is to sleep now, in whole seconds. `opensAtMs`: the maintenance window that it is to be back for.
   * Without overrides that ask for more than the poll has read, it costs no promise.
   */
  sleepMs(plan: Plan, device: SightedDevice, opensAtMs: number | undefined): number | Promise<number> {
    const terms = opensAtMs === undefined ? this.terms : this.termsBefore(opensAtMs, plan);
    const { pacing } = plan;
    if (pacing === undefined) return sleepMs(this.serversPace, terms);
    if (pacing.filters.length === 0) return sleepMs(pacing, terms);
    if (!pacing.needsRow) return sleepMs(paceOf(pacing, subjectOf(device)), terms);
    return this.paceByRow(plan.tenantId, pacing, device).then((pace) => sleepMs(pace, terms));
  }

  private async paceByRow(tenantId: string, pacing: Pacing, device: SightedDevice): Promise<PollPace> {
    const subject = await this.devices.filterSubject(tenantId, device.id);
    // Deleted while it polled: it will not be back.
    return subject === undefined ? pacing : paceOf(pacing, subject);
  }

  private termsBefore(opensAtMs: number, plan: Plan): SleepTerms {
    const opensInMs = Math.max(opensAtMs - this.clock.epochMs(), 0);
    return { ...this.terms, waitsFor: { opensInMs, pollCount: plan.settings.windowPollCount } };
  }
}

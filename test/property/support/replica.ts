import type { INestApplication } from '@nestjs/common';
import { deploymentBody } from '../../../src/http/ddi/bodies/deployment-body';
import { cancelReport, deploymentReport, parseFeedback } from '../../../src/http/ddi/bodies/feedback-body';
import { PresenceService } from '../../../src/modules/devices/presence.service';
import { PlansService } from '../../../src/modules/rollouts/plan/plans.service';
import { DeploymentsService } from '../../../src/modules/updates/polls/deployments.service';
import type { KnownDevice } from '../../../src/modules/updates/sightings/known-device';
import { PollsService, type Directive } from '../../../src/modules/updates/polls/polls.service';
import { ReportsService } from '../../../src/modules/updates/reports/reports.service';
import type { DeviceName, SightedDevice, Sighting } from '../../../src/modules/updates/sightings/sighting';
import { SightingsService } from '../../../src/modules/updates/sightings/sightings.service';
import { Clock } from '../../../src/platform/clock/clock';

/** A device that was let in: what the edge knows of it before anything is decided. */
interface Entered {
  readonly known: KnownDevice;
  readonly sighting: Sighting;
  readonly device: SightedDevice;
}

/** What a device says on the wire. */
export interface Body {
  readonly execution: string;
  readonly finished: string;
  readonly details?: readonly string[];
}

/** One instance, spoken to as the DDI edge speaks to the services: histories are too many for HTTP. */
export class Replica {
  private readonly sightings: SightingsService;
  private readonly plans: PlansService;
  private readonly polls: PollsService;
  private readonly deployments: DeploymentsService;
  private readonly reports: ReportsService;
  private readonly presence: PresenceService;
  private readonly clock: Clock;

  constructor(readonly app: INestApplication) {
    this.sightings = app.get(SightingsService);
    this.plans = app.get(PlansService);
    this.polls = app.get(PollsService);
    this.deployments = app.get(DeploymentsService);
    this.reports = app.get(ReportsService);
    this.presence = app.get(PresenceService);
    this.clock = app.get(Clock);
  }

  async poll(name: DeviceName): Promise<Directive> {
    const { sighting, device } = await this.enter(name);
    return this.polls.answer(name, sighting, device);
  }

  /** What the device is told about the update in the deployment: `skip`, `attempt` or `forced`. */
  async fetch(name: DeviceName, actionId: string): Promise<string> {
    const { known } = await this.enter(name);
    const { action, release } = await this.deployments.retrieve(known, actionId);
    const body = deploymentBody({ action, release, deviceUrl: '', now: this.clock.now(), history: [] }) as {
      deployment: { update: string };
    };
    return body.deployment.update;
  }

  async feedback(name: DeviceName, actionId: string, body: Body): Promise<void> {
    const { known } = await this.enter(name);
    await this.reports.onDeployment(known, actionId, deploymentReport(feedbackOf(body)));
  }

  async cancelFeedback(name: DeviceName, actionId: string, body: Body): Promise<void> {
    const { known } = await this.enter(name);
    await this.reports.onCancel(known, actionId, cancelReport(feedbackOf(body)));
  }

  async configData(name: DeviceName, data: Readonly<Record<string, string>>): Promise<void> {
    const { known } = await this.enter(name);
    await this.reports.onAttributes(known, { mode: 'merge', data, client: undefined });
  }

  /** Writes who was heard of, as a timer does otherwise. */
  async flush(): Promise<void> {
    await this.presence.flush();
  }

  private async enter(name: DeviceName): Promise<Entered> {
    const sighting = await this.sightings.find(name);
    const device = sighting?.device;
    if (sighting === undefined || device === undefined)
      throw new Error(`there is no device ${name.controllerId} in ${name.tenantKey}`);
    const { tenantId, planRevision } = sighting;
    const plan = this.plans.known(tenantId, planRevision) ?? (await this.plans.at(tenantId, planRevision));
    this.presence.note(device.id, { tenantId, address: '192.0.2.1', userAgent: 'history' });
    return {
      known: {
        ...{ tenantId, deviceId: device.id, name, settings: plan.settings },
        isQuiet: device.quietUntilMs !== undefined,
      },
      sighting,
      device,
    };
  }
}

function feedbackOf({ execution, finished, details = [] }: Body): ReturnType<typeof parseFeedback> {
  return parseFeedback({ status: { execution, result: { finished }, details } });
}

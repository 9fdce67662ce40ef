import { Module } from '@nestjs/common';
import { ActionsModule } from '../actions/actions.module';
import { DevicesModule } from '../devices/devices.module';
import { IdentityModule } from '../identity/identity.module';
import { TenantsModule } from '../tenants/tenants.module';
import { ReleasesModule } from '../releases/releases.module';
import { RolloutsModule } from '../rollouts/rollouts.module';
import { AbortSweepService } from './abort-sweep.service';
import { ActionFlowService } from './action-flow.service';
import { AdmissionService } from './admission.service';
import { AssignmentsRepository } from './assignments.repository';
import { AssignmentsService } from './assignments.service';
import { ConfirmationsService } from './confirmations.service';
import { DecisionsService } from './decisions.service';
import { DeadlineSweepService } from './deadline-sweep.service';
import { DeploymentsService } from './deployments.service';
import { DeviceLedgerService } from './device-ledger.service';
import { DeviceTokensService } from './device-tokens.service';
import { ExplainService } from './explain.service';
import { FleetService } from './fleet.service';
import { InstalledService } from './installed.service';
import { InvalidationsService } from './invalidations.service';
import { OutcomesService } from './outcomes.service';
import { PollingService } from './polling.service';
import { PollsService } from './polls.service';
import { PreviewService } from './preview.service';
import { QueueSweepService } from './queue-sweep.service';
import { ReleaseBreakerService } from './release-breaker.service';
import { ReleasePaceService } from './release-pace.service';
import { ReportsService } from './reports.service';
import { RolloutSchedulerRepository } from './rollout-scheduler.repository';
import { RolloutSchedulerService } from './rollout-scheduler.service';
import { SettingsChangeService } from './settings-change.service';
import { SightingsService } from './sightings.service';
import { SilenceSweepService } from './silence-sweep.service';

@Module({
  imports: [ActionsModule, DevicesModule, IdentityModule, ReleasesModule, RolloutsModule, TenantsModule],
  providers: [
    SightingsService,
    DecisionsService,
    PollsService,
    PollingService,
    PreviewService,
    SettingsChangeService,
    AdmissionService,
    ActionFlowService,
    OutcomesService,
    ReleaseBreakerService,
    DeviceLedgerService,
    DeploymentsService,
    ReportsService,
    FleetService,
    DeviceTokensService,
    ExplainService,
    AssignmentsRepository,
    AssignmentsService,
    ConfirmationsService,
    InstalledService,
    InvalidationsService,
    QueueSweepService,
    DeadlineSweepService,
    RolloutSchedulerService,
    RolloutSchedulerRepository,
    SilenceSweepService,
    AbortSweepService,
    ReleasePaceService,
  ],
  exports: [
    AssignmentsService,
    InvalidationsService,
    ConfirmationsService,
    InstalledService,
    SightingsService,
    PollsService,
    PollingService,
    PreviewService,
    SettingsChangeService,
    DeploymentsService,
    ReportsService,
    FleetService,
    DeviceTokensService,
    ExplainService,
  ],
})
export class UpdatesModule {}

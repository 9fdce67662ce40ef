import { Module } from '@nestjs/common';
import { ActionsModule } from '../actions/actions.module';
import { DevicesModule } from '../devices/devices.module';
import { IdentityModule } from '../identity/identity.module';
import { TenantsModule } from '../tenants/tenants.module';
import { ReleasesModule } from '../releases/releases.module';
import { RolloutsModule } from '../rollouts/rollouts.module';
import { AbortSweepService } from './sweeps/abort-sweep.service';
import { ActionFlowService } from './outcomes/action-flow.service';
import { AdmissionService } from './polls/admission.service';
import { AttendanceService } from './sweeps/attendance.service';
import { AssignmentsRepository } from './orders/assignments.repository';
import { AssignmentsService } from './orders/assignments.service';
import { ConfirmationsService } from './reports/confirmations.service';
import { DecisionsService } from './sightings/decisions.service';
import { DeadlineSweepService } from './sweeps/deadline-sweep.service';
import { DeploymentsService } from './polls/deployments.service';
import { DeviceLedgerService } from './outcomes/device-ledger.service';
import { DeviceTokensService } from './sightings/device-tokens.service';
import { ExplainService } from './explain/explain.service';
import { FleetService } from './orders/fleet.service';
import { InstalledService } from './reports/installed.service';
import { InvalidationsService } from './orders/invalidations.service';
import { OutcomesService } from './outcomes/outcomes.service';
import { PollingService } from './polls/polling.service';
import { PollsService } from './polls/polls.service';
import { PreviewService } from './explain/preview.service';
import { QueueSweepService } from './sweeps/queue-sweep.service';
import { ReleaseBreakerService } from './outcomes/release-breaker.service';
import { ReleasePaceService } from './sweeps/release-pace.service';
import { ReportsService } from './reports/reports.service';
import { RolloutSchedulerRepository } from './sweeps/rollout-scheduler.repository';
import { RolloutSchedulerService } from './sweeps/rollout-scheduler.service';
import { SettingsChangeService } from './orders/settings-change.service';
import { SightingsService } from './sightings/sightings.service';
import { SilenceSweepService } from './sweeps/silence-sweep.service';

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
    AttendanceService,
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

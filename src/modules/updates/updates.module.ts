import { Module } from '@nestjs/common';
import { ActionsModule } from '../actions/actions.module';
import { DevicesModule } from '../devices/devices.module';
import { IdentityModule } from '../identity/identity.module';
import { TenantsModule } from '../tenants/tenants.module';
import { ReleasesModule } from '../releases/releases.module';
import { RolloutsModule } from '../rollouts/rollouts.module';
import { ActionFlowService } from './action-flow.service';
import { AdmissionService } from './admission.service';
import { AssignmentsRepository } from './assignments.repository';
import { AssignmentsService } from './assignments.service';
import { ConfirmationsService } from './confirmations.service';
import { DecisionsService } from './decisions.service';
import { DeploymentsService } from './deployments.service';
import { DeviceLedgerService } from './device-ledger.service';
import { DeviceTokensService } from './device-tokens.service';
import { ExplainService } from './explain.service';
import { FleetService } from './fleet.service';
import { InstalledService } from './installed.service';
import { InvalidationsService } from './invalidations.service';
import { PollingService } from './polling.service';
import { PollsService } from './polls.service';
import { PreviewService } from './preview.service';
import { QueueSweepService } from './queue-sweep.service';
import { ReportsService } from './reports.service';
import { SettingsChangeService } from './settings-change.service';
import { SightingsService } from './sightings.service';

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

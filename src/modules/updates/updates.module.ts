import { Module } from '@nestjs/common';
import { ActionsModule } from '../actions/actions.module';
import { DevicesModule } from '../devices/devices.module';
import { IdentityModule } from '../identity/identity.module';
import { ReleasesModule } from '../releases/releases.module';
import { RolloutsModule } from '../rollouts/rollouts.module';
import { ActionFlowService } from './action-flow.service';
import { AdmissionService } from './admission.service';
import { DeploymentsService } from './deployments.service';
import { DeviceLedgerService } from './device-ledger.service';
import { ExplainService } from './explain.service';
import { FleetService } from './fleet.service';
import { PollsService } from './polls.service';
import { ReportsService } from './reports.service';
import { SightingsService } from './sightings.service';

@Module({
  imports: [ActionsModule, DevicesModule, IdentityModule, ReleasesModule, RolloutsModule],
  providers: [
    SightingsService,
    PollsService,
    AdmissionService,
    ActionFlowService,
    DeviceLedgerService,
    DeploymentsService,
    ReportsService,
    FleetService,
    ExplainService,
  ],
  exports: [SightingsService, PollsService, DeploymentsService, ReportsService, FleetService, ExplainService],
})
export class UpdatesModule {}

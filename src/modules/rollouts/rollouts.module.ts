import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module';
import { ReleasesModule } from '../releases/releases.module';
import { TenantsModule } from '../tenants/tenants.module';
import { CurrentReleasesService } from './current-releases.service';
import { PlansRepository } from './plan/plans.repository';
import { PlansService } from './plan/plans.service';
import { RolloutRoomService } from './gates/rollout-room.service';
import { PopulationRepository } from './plan/population.repository';
import { RolloutGatesRepository } from './gates/rollout-gates.repository';
import { RolloutGatesService } from './gates/rollout-gates.service';
import { RolloutProgressService } from './gates/rollout-progress.service';
import { RolloutAbortsService } from './verbs/rollout-aborts.service';
import { RolloutChangesService } from './verbs/rollout-changes.service';
import { RolloutDevicesService } from './rollout-devices.service';
import { RolloutMakingService } from './verbs/rollout-making.service';
import { RolloutProgressRepository } from './gates/rollout-progress.repository';
import { RolloutProposalsService } from './verbs/rollout-proposals.service';
import { RolloutReachService } from './verbs/rollout-reach.service';
import { RolloutSlotsService } from './gates/rollout-slots.service';
import { RolloutStartsService } from './verbs/rollout-starts.service';
import { RolloutVerbsService } from './verbs/rollout-verbs.service';
import { RolloutsRepository } from './rollouts.repository';
import { RolloutsService } from './rollouts.service';

@Module({
  imports: [DevicesModule, ReleasesModule, TenantsModule],
  providers: [
    RolloutsService,
    RolloutsRepository,
    RolloutRoomService,
    RolloutSlotsService,
    RolloutGatesService,
    RolloutGatesRepository,
    RolloutProgressService,
    PopulationRepository,
    RolloutMakingService,
    RolloutStartsService,
    RolloutVerbsService,
    RolloutAbortsService,
    RolloutChangesService,
    RolloutReachService,
    RolloutProposalsService,
    RolloutDevicesService,
    RolloutProgressRepository,
    CurrentReleasesService,
    PlansService,
    PlansRepository,
  ],
  exports: [
    RolloutsService,
    RolloutRoomService,
    RolloutGatesService,
    RolloutProgressService,
    RolloutStartsService,
    RolloutVerbsService,
    RolloutAbortsService,
    RolloutChangesService,
    RolloutDevicesService,
    CurrentReleasesService,
    RolloutSlotsService,
    PlansService,
  ],
})
export class RolloutsModule {}

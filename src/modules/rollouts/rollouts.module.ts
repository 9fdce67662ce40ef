import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module';
import { ReleasesModule } from '../releases/releases.module';
import { TenantsModule } from '../tenants/tenants.module';
import { CurrentReleasesService } from './current-releases.service';
import { PlansRepository } from './plans.repository';
import { PlansService } from './plans.service';
import { RolloutRoomService } from './rollout-room.service';
import { PopulationRepository } from './population.repository';
import { RolloutGatesRepository } from './rollout-gates.repository';
import { RolloutGatesService } from './rollout-gates.service';
import { RolloutProgressService } from './rollout-progress.service';
import { RolloutAbortsService } from './rollout-aborts.service';
import { RolloutChangesService } from './rollout-changes.service';
import { RolloutDevicesService } from './rollout-devices.service';
import { RolloutMakingService } from './rollout-making.service';
import { RolloutProgressRepository } from './rollout-progress.repository';
import { RolloutSlotsService } from './rollout-slots.service';
import { RolloutStartsService } from './rollout-starts.service';
import { RolloutVerbsService } from './rollout-verbs.service';
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

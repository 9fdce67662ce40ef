import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module';
import { ReleasesModule } from '../releases/releases.module';
import { TenantsModule } from '../tenants/tenants.module';
import { PlansRepository } from './plans.repository';
import { PlansService } from './plans.service';
import { RolloutRoomService } from './rollout-room.service';
import { PopulationRepository } from './population.repository';
import { RolloutGatesRepository } from './rollout-gates.repository';
import { RolloutGatesService } from './rollout-gates.service';
import { RolloutProgressService } from './rollout-progress.service';
import { RolloutSlotsService } from './rollout-slots.service';
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
    PlansService,
    PlansRepository,
  ],
  exports: [
    RolloutsService,
    RolloutRoomService,
    RolloutGatesService,
    RolloutProgressService,
    RolloutSlotsService,
    PlansService,
  ],
})
export class RolloutsModule {}

import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module';
import { ReleasesModule } from '../releases/releases.module';
import { TenantsModule } from '../tenants/tenants.module';
import { PlansRepository } from './plans.repository';
import { PlansService } from './plans.service';
import { RolloutRoomService } from './rollout-room.service';
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
    PlansService,
    PlansRepository,
  ],
  exports: [RolloutsService, RolloutRoomService, RolloutSlotsService, PlansService],
})
export class RolloutsModule {}

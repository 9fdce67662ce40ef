import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../../modules/artifacts/artifacts.module';
import { DevicesModule } from '../../modules/devices/devices.module';
import { RolloutsModule } from '../../modules/rollouts/rollouts.module';
import { UpdatesModule } from '../../modules/updates/updates.module';
import { Settings } from '../../platform/config/settings';
import { RequestOrigin } from '../shared/request-origin';
import { AddressLane } from './address-lane';
import { ArtifactsController } from './artifacts.controller';
import { ConfirmationController } from './confirmation.controller';
import { DdiController } from './ddi.controller';
import { DeviceEntrance } from './device-entrance.service';
import { FeedbackLane } from './feedback-lane';
import { InstalledController } from './installed.controller';
import { PollLane } from './poll-lane';
import { WrongMethodController } from './wrong-method.controller';

/** hawkBit's DDI: the edge towards devices. */
@Module({
  imports: [RolloutsModule, UpdatesModule, DevicesModule, ArtifactsModule],
  controllers: [
    ArtifactsController,
    InstalledController,
    ConfirmationController,
    DdiController,
    WrongMethodController,
  ],
  providers: [
    DeviceEntrance,
    AddressLane,
    PollLane,
    FeedbackLane,
    {
      provide: RequestOrigin,
      inject: [Settings],
      useFactory: (settings: Settings) => new RequestOrigin(settings.publicUrl, settings.trustedProxies),
    },
  ],
  exports: [AddressLane, PollLane, FeedbackLane],
})
export class DdiModule {}

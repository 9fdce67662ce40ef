import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../../modules/artifacts/artifacts.module';
import { DevicesModule } from '../../modules/devices/devices.module';
import { RolloutsModule } from '../../modules/rollouts/rollouts.module';
import { UpdatesModule } from '../../modules/updates/updates.module';
import { REQUEST_ORIGIN } from '../shared/request-origin.provider';
import { AddressLane } from './entrance/address-lane';
import { ArtifactsController } from './downloads/artifacts.controller';
import { ConfirmationController } from './confirmation.controller';
import { DdiController } from './ddi.controller';
import { DeviceAttempts } from './entrance/device-attempts.service';
import { DeviceEntrance } from './entrance/device-entrance.service';
import { FeedbackLane } from './feedback-lane';
import { InstalledController } from './installed.controller';
import { OtherExits } from './downloads/other-exits.service';
import { OwnTokenController } from './own-token.controller';
import { PollLane } from './poll-lane';
import { WrongMethodController } from './wrong-method.controller';

/** hawkBit's DDI: the edge towards devices. */
@Module({
  imports: [RolloutsModule, UpdatesModule, DevicesModule, ArtifactsModule],
  controllers: [
    ArtifactsController,
    InstalledController,
    ConfirmationController,
    OwnTokenController,
    DdiController,
    WrongMethodController,
  ],
  providers: [
    DeviceEntrance,
    DeviceAttempts,
    AddressLane,
    PollLane,
    FeedbackLane,
    OtherExits,
    REQUEST_ORIGIN,
  ],
  exports: [AddressLane, PollLane, FeedbackLane],
})
export class DdiModule {}

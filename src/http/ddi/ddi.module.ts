import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../../modules/artifacts/artifacts.module';
import { DevicesModule } from '../../modules/devices/devices.module';
import { UpdatesModule } from '../../modules/updates/updates.module';
import { Settings } from '../../platform/config/settings';
import { RequestOrigin } from '../shared/request-origin';
import { ArtifactsController } from './artifacts.controller';
import { DdiController } from './ddi.controller';
import { DeviceEntrance } from './device-entrance.service';
import { FeedbackLane } from './feedback-lane';
import { PollLane } from './poll-lane';

/** hawkBit's DDI: the edge towards devices. */
@Module({
  imports: [UpdatesModule, DevicesModule, ArtifactsModule],
  controllers: [ArtifactsController, DdiController],
  providers: [
    DeviceEntrance,
    PollLane,
    FeedbackLane,
    {
      provide: RequestOrigin,
      inject: [Settings],
      useFactory: (settings: Settings) => new RequestOrigin(settings.publicUrl, settings.trustedProxies),
    },
  ],
  exports: [PollLane, FeedbackLane],
})
export class DdiModule {}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DevicesRepository } from './devices.repository';
import { DevicesService } from './devices.service';
import { FeedEntity } from './feed.entity';
import { FeedsService } from './feeds.service';
import { PresenceService } from './presence.service';

@Module({
  imports: [TypeOrmModule.forFeature([FeedEntity])],
  providers: [DevicesService, DevicesRepository, FeedsService, PresenceService],
  exports: [DevicesService, FeedsService, PresenceService],
})
export class DevicesModule {}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DevicesRepository } from './devices.repository';
import { DevicesService } from './devices.service';
import { FeedEntity } from './feeds/feed.entity';
import { FeedsService } from './feeds/feeds.service';
import { NewcomersRepository } from './newcomers.repository';
import { NewcomersService } from './newcomers.service';
import { PresenceService } from './presence.service';

@Module({
  imports: [TypeOrmModule.forFeature([FeedEntity])],
  providers: [
    DevicesService,
    DevicesRepository,
    NewcomersService,
    NewcomersRepository,
    FeedsService,
    PresenceService,
  ],
  exports: [DevicesService, NewcomersService, FeedsService, PresenceService],
})
export class DevicesModule {}

import { Global, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Clock } from './clock/clock';
import { Settings } from './config/settings';
import { Database } from './database/database';
import { dataSourceOptions } from './database/data-source';
import { LanePool } from './database/lane-pool';
import { UpkeepService } from './database/upkeep.service';
import { EventRelayService } from './events/event-relay.service';
import { AddressJudge } from './outbound/address-judge';
import { NameResolver } from './outbound/name-resolver';
import { OutboundClient } from './outbound/outbound-client';
import { SecretBox } from './secrets/secret-box';
import { findOrMakeSecretKey } from './secrets/secret-key';
import { BlobStore } from './storage/blob-store';
import { chooseBlobStore } from './storage/store-choice';

/** Technology for every module: settings, clock, database, bytes. Knows nothing of updates. */
@Global()
@Module({})
export class PlatformModule {
  static with(settings: Settings, databaseUrl: string): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        TypeOrmModule.forRoot({
          ...dataSourceOptions(databaseUrl, settings.databasePool),
          autoLoadEntities: true,
          retryAttempts: 0,
        }),
      ],
      providers: [
        { provide: Settings, useValue: settings },
        Clock,
        { provide: LanePool, useFactory: () => new LanePool(databaseUrl) },
        Database,
        UpkeepService,
        EventRelayService,
        {
          provide: BlobStore,
          inject: [Clock],
          useFactory: (clock: Clock) => chooseBlobStore(settings, clock),
        },
        NameResolver,
        {
          provide: OutboundClient,
          inject: [NameResolver],
          useFactory: (resolver: NameResolver) =>
            new OutboundClient(new AddressJudge(settings.outboundAllow), resolver),
        },
        {
          provide: SecretBox,
          useFactory: async () =>
            new SecretBox(await findOrMakeSecretKey(settings.dataDir, settings.secretKey)),
        },
      ],
      exports: [
        Settings,
        Clock,
        Database,
        BlobStore,
        UpkeepService,
        EventRelayService,
        OutboundClient,
        SecretBox,
      ],
    };
  }
}

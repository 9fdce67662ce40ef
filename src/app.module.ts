import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { DdiModule } from './http/ddi/ddi.module';
import { ManagementModule } from './http/management/management.module';
import { OpsModule } from './http/ops/ops.module';
import { DevicesModule } from './modules/devices/devices.module';
import { IdentityModule } from './modules/identity/identity.module';
import { TenantsModule } from './modules/tenants/tenants.module';
import type { Settings } from './platform/config/settings';
import { loggerOptions } from './platform/logging/logger-options';
import { PlatformModule } from './platform/platform.module';

/** The only composition root: which rooms there are. */
@Module({})
export class AppModule {
  static with(settings: Settings, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(loggerOptions(settings.logLevel)),
        PlatformModule.with(settings, databaseUrl),
        TenantsModule,
        IdentityModule,
        DevicesModule,
        OpsModule,
        ManagementModule,
        // Last: its paths begin with a free segment, the tenant.
        DdiModule,
      ],
    };
  }
}

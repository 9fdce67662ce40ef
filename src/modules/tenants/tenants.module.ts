import { Module } from '@nestjs/common';
import { TenantSettingsRepository } from './tenant-settings.repository';
import { TenantSettingsService } from './tenant-settings.service';
import { TenantsService } from './tenants.service';

@Module({
  providers: [TenantsService, TenantSettingsService, TenantSettingsRepository],
  exports: [TenantsService, TenantSettingsService],
})
export class TenantsModule {}

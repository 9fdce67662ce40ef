import { Module } from '@nestjs/common';
import { ClientAuthoritiesService } from './client-authorities.service';
import { TenantSettingsRepository } from './tenant-settings.repository';
import { TenantSettingsService } from './tenant-settings.service';
import { TenantsService } from './tenants.service';

@Module({
  providers: [TenantsService, TenantSettingsService, ClientAuthoritiesService, TenantSettingsRepository],
  exports: [TenantsService, TenantSettingsService, ClientAuthoritiesService],
})
export class TenantsModule {}

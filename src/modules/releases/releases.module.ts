import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { TenantsModule } from '../tenants/tenants.module';
import { ModuleTypesService } from './module-types.service';
import { ReleasesRepository } from './releases.repository';
import { ReleasesService } from './releases.service';

@Module({
  imports: [ArtifactsModule, TenantsModule],
  providers: [ReleasesService, ReleasesRepository, ModuleTypesService],
  exports: [ReleasesService, ModuleTypesService],
})
export class ReleasesModule {}

import { Module } from '@nestjs/common';
import { TenantsModule } from '../tenants/tenants.module';
import { ArtifactsService } from './artifacts.service';
import { LinkedBytesService } from './linked-bytes.service';
import { RemoteFilesService } from './remote-files.service';
import { SourceChecksService } from './source-checks.service';
import { SourceFaultsService } from './source-faults.service';
import { SourcesRepository } from './sources.repository';

@Module({
  imports: [TenantsModule],
  providers: [
    ArtifactsService,
    LinkedBytesService,
    RemoteFilesService,
    SourceChecksService,
    SourceFaultsService,
    SourcesRepository,
  ],
  exports: [ArtifactsService, RemoteFilesService],
})
export class ArtifactsModule {}

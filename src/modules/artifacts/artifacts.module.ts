import { Module } from '@nestjs/common';
import { TenantsModule } from '../tenants/tenants.module';
import { ArtifactsService } from './artifacts.service';
import { BlobCollectorService } from './blob-collector.service';
import { BlobScrubberService } from './blob-scrubber.service';
import { LinkedBytesService } from './sources/linked-bytes.service';
import { RemoteFilesService } from './remote-files.service';
import { SourceChecksService } from './sources/source-checks.service';
import { SourceFaultsService } from './sources/source-faults.service';
import { SourcesRepository } from './sources/sources.repository';
import { StorageQuotaService } from './storage-quota.service';
import { UploadsRepository } from './uploads/uploads.repository';
import { UploadsService } from './uploads/uploads.service';

@Module({
  imports: [TenantsModule],
  providers: [
    ArtifactsService,
    StorageQuotaService,
    BlobCollectorService,
    BlobScrubberService,
    LinkedBytesService,
    RemoteFilesService,
    SourceChecksService,
    SourceFaultsService,
    SourcesRepository,
    UploadsRepository,
    UploadsService,
  ],
  exports: [ArtifactsService, BlobCollectorService, BlobScrubberService, RemoteFilesService, UploadsService],
})
export class ArtifactsModule {}

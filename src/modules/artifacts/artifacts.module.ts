import { Module } from '@nestjs/common';
import { TenantsModule } from '../tenants/tenants.module';
import { ArtifactsService } from './artifacts.service';
import { BlobCollectorService } from './blob-collector.service';
import { BlobScrubberService } from './blob-scrubber.service';
import { StorageQuotaService } from './storage-quota.service';

@Module({
  imports: [TenantsModule],
  providers: [ArtifactsService, StorageQuotaService, BlobCollectorService, BlobScrubberService],
  exports: [ArtifactsService, BlobCollectorService, BlobScrubberService],
})
export class ArtifactsModule {}

import { Module } from '@nestjs/common';
import { TenantsModule } from '../tenants/tenants.module';
import { TrustAnchorsRepository } from './trust-anchors.repository';
import { TrustAnchorsService } from './trust-anchors.service';
import { TrustService } from './trust.service';

@Module({
  imports: [TenantsModule],
  providers: [TrustService, TrustAnchorsService, TrustAnchorsRepository],
  exports: [TrustService, TrustAnchorsService],
})
export class TrustModule {}

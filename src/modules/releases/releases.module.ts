import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { TenantsModule } from '../tenants/tenants.module';
import { TrustModule } from '../trust/trust.module';
import { ModuleTypesService } from './module-types.service';
import { JudgingService } from './judging.service';
import { ReceivingService } from './receiving.service';
import { ReleasesRepository } from './releases.repository';
import { ReleasesService } from './releases.service';
import { SecondJudgementService } from './second-judgement.service';

@Module({
  imports: [ArtifactsModule, TenantsModule, TrustModule],
  providers: [
    ReleasesService,
    ReceivingService,
    JudgingService,
    SecondJudgementService,
    ReleasesRepository,
    ModuleTypesService,
  ],
  exports: [ReleasesService, ReceivingService, SecondJudgementService, ModuleTypesService],
})
export class ReleasesModule {}

import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthModuleOptions } from '@nestjs/passport';
import { ActionsModule } from '../../modules/actions/actions.module';
import { ArtifactsModule } from '../../modules/artifacts/artifacts.module';
import { AuditModule } from '../../modules/audit/audit.module';
import { DevicesModule } from '../../modules/devices/devices.module';
import { IdentityModule } from '../../modules/identity/identity.module';
import { ReleasesModule } from '../../modules/releases/releases.module';
import { RolloutsModule } from '../../modules/rollouts/rollouts.module';
import { TenantsModule } from '../../modules/tenants/tenants.module';
import { TrustModule } from '../../modules/trust/trust.module';
import { UpdatesModule } from '../../modules/updates/updates.module';
import { REQUEST_ORIGIN } from '../shared/request-origin.provider';
import { BearerStrategy } from './access/bearer.strategy';
import { CallerAttempts } from './access/caller-attempts.service';
import { ActionsController } from './actions/actions.controller';
import { AssignmentsController } from './assignments/assignments.controller';
import { AuditController } from './audit/audit.controller';
import { ClientAuthoritiesController } from './client-authorities/client-authorities.controller';
import { DeviceTokensController } from './devices/device-tokens.controller';
import { DeviceUpdatesController } from './devices/device-updates.controller';
import { DevicesController } from './devices/devices.controller';
import { EventsController } from './events/events.controller';
import { FeedsController } from './feeds/feeds.controller';
import { ModuleTypesController } from './module-types/module-types.controller';
import { ProblemFilter } from './problems/problem.filter';
import { ReleaseArtifactsController } from './releases/release-artifacts.controller';
import { ReleaseIntakeService } from './releases/intake/release-intake.service';
import { ReleasesController } from './releases/releases.controller';
import { RemoteIntakeService } from './releases/intake/remote-intake.service';
import { RemoteReleasesController } from './releases/remote-releases.controller';
import { UploadedIntakeService } from './releases/intake/uploaded-intake.service';
import { UploadedReleasesController } from './releases/uploaded-releases.controller';
import { PreviewsController } from './rollouts/previews.controller';
import { RolloutDevicesController } from './rollouts/rollout-devices.controller';
import { RolloutVerbsController } from './rollouts/rollout-verbs.controller';
import { RolloutsController } from './rollouts/rollouts.controller';
import { MeController } from './sessions/me.controller';
import { SessionsController } from './sessions/sessions.controller';
import { TenantSettingsController } from './tenant/tenant-settings.controller';
import { TenantController } from './tenant/tenant.controller';
import { GatewayTokensController } from './tokens/gateway-tokens.controller';
import { TokensController } from './tokens/tokens.controller';
import { TrustAnchorsController } from './trust-anchors/trust-anchors.controller';
import { TusService } from './uploads/tus.service';
import { UploadsController } from './uploads/uploads.controller';

/** The edge towards people and CI: REST under /api/v1. */
@Module({
  imports: [
    ActionsModule,
    ArtifactsModule,
    AuditModule,
    DevicesModule,
    IdentityModule,
    ReleasesModule,
    RolloutsModule,
    TenantsModule,
    TrustModule,
    UpdatesModule,
  ],
  controllers: [
    SessionsController,
    MeController,
    TokensController,
    GatewayTokensController,
    ClientAuthoritiesController,
    TrustAnchorsController,
    TenantController,
    TenantSettingsController,
    ModuleTypesController,
    ReleasesController,
    RemoteReleasesController,
    UploadedReleasesController,
    UploadsController,
    ReleaseArtifactsController,
    FeedsController,
    DevicesController,
    DeviceTokensController,
    DeviceUpdatesController,
    RolloutsController,
    RolloutVerbsController,
    RolloutDevicesController,
    PreviewsController,
    AssignmentsController,
    ActionsController,
    AuditController,
    EventsController,
  ],
  providers: [
    BearerStrategy,
    CallerAttempts,
    REQUEST_ORIGIN,
    ReleaseIntakeService,
    RemoteIntakeService,
    UploadedIntakeService,
    TusService,
    {
      provide: AuthModuleOptions,
      inject: [BearerStrategy],
      useFactory: (strategy: BearerStrategy) => ({ defaultStrategy: strategy.name }),
    },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class ManagementModule {}

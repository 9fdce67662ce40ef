import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiTokenEntity } from './api-token.entity';
import { FirstCredentialsService } from './first-credentials.service';
import { GatewayTokenEntity } from './gateway-token.entity';
import { GatewayTokenUseService } from './gateway-token-use.service';
import { GatewayTokensService } from './gateway-tokens.service';
import { IdentityService } from './identity.service';
import { UserEntity } from './user.entity';

@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, ApiTokenEntity, GatewayTokenEntity])],
  providers: [IdentityService, GatewayTokenUseService, GatewayTokensService, FirstCredentialsService],
  exports: [IdentityService, GatewayTokensService, FirstCredentialsService],
})
export class IdentityModule {}

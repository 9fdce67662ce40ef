import { Body, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { madeReleaseView, REPEATED } from './made-release-view';
import { ReleaseView } from './release-view';
import { UploadedIntakeService } from './intake/uploaded-intake.service';
import { UploadedReleaseBody } from './intake/uploaded-release-body';

/** Releases of files that came in over several requests. */
@ManagementController('releases/from-uploads', 'releases')
export class UploadedReleasesController {
  constructor(private readonly intake: UploadedIntakeService) {}

  @Post()
  @Needs('publisher')
  @ApiOperation({ summary: 'Make a release of whole uploads' })
  @ApiCreatedResponse({ type: ReleaseView })
  @ApiOkResponse({ type: ReleaseView, description: REPEATED })
  @Refuses(400, 404, 409, 415, 422, 507)
  async createUploadedRelease(
    @CurrentActor() actor: Actor,
    @Body() body: UploadedReleaseBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<ReleaseView>> {
    return madeReleaseView(await this.intake.take(actor, body), response);
  }
}

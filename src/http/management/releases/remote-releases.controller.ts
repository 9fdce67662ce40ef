import { Body, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../../../platform/actor/actor';
import { DomainError } from '../../../platform/errors/domain.error';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { madeReleaseView, REPEATED } from './made-release-view';
import { ReleaseView } from './release-view';
import { RemoteIntakeService } from './intake/remote-intake.service';
import { RemoteReleaseBody } from './intake/remote-release-body';

/** Releases of files that are on other servers. */
@ManagementController('releases/from-urls', 'releases')
export class RemoteReleasesController {
  constructor(private readonly intake: RemoteIntakeService) {}

  @Post()
  @Needs('publisher')
  @ApiOperation({ summary: 'Make a release of files that are on other servers' })
  @ApiCreatedResponse({ type: ReleaseView })
  @ApiOkResponse({ type: ReleaseView, description: REPEATED })
  @Refuses(400, 409, 413, 415, 422, 507)
  async createRemoteRelease(
    @CurrentActor() actor: Actor,
    @Body() body: RemoteReleaseBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<ReleaseView>> {
    const gone = new AbortController();
    response.once('close', () =>
      gone.abort(new DomainError('unavailable', 'caller_gone', 'The caller went away.')),
    );
    return madeReleaseView(await this.intake.take(actor, body, gone.signal), response);
  }
}

import { Body, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../../../platform/actor/actor';
import { DomainError } from '../../../platform/errors/domain.error';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { setLocation } from '../location';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { releaseView, ReleaseView } from './release-view';
import { RemoteIntakeService } from './remote-intake.service';
import { RemoteReleaseBody } from './remote-release-body';

/** Releases of files that are on other servers. */
@ManagementController('releases/from-urls', 'releases')
export class RemoteReleasesController {
  constructor(private readonly intake: RemoteIntakeService) {}

  @Post()
  @Needs('publisher')
  @ApiOperation({ summary: 'Make a release of files that are on other servers' })
  @ApiCreatedResponse({ type: ReleaseView })
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
    const release = await this.intake.take(actor, body, gone.signal);
    setLocation(response, 'releases', release.id);
    return releaseView(release);
  }
}

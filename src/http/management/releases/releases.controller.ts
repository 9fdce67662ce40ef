import { Body, Delete, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ReleasesService } from '../../../modules/releases/releases.service';
import { SecondJudgementService } from '../../../modules/releases/second-judgement.service';
import { InvalidationsService } from '../../../modules/updates/orders/invalidations.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { PageQuery, pageRequest, type PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { InvalidationBody } from './invalidation-body';
import { ReleaseIntakeService } from './intake/release-intake.service';
import { madeReleaseView, REPEATED } from './made-release-view';
import { ReleasePage, releaseView, ReleaseView } from './release-view';
import type { Shown } from '../../shared/shown-field';
import { TakesReleaseForm } from './intake/takes-form.decorator';

/** What devices can be given. */
@ManagementController('releases', 'releases')
export class ReleasesController {
  constructor(
    private readonly releases: ReleasesService,
    private readonly intake: ReleaseIntakeService,
    private readonly invalidations: InvalidationsService,
    private readonly judgements: SecondJudgementService,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Releases, newest first' })
  @ApiOkResponse({ type: ReleasePage })
  @Refuses(400)
  async listReleases(
    @CurrentActor() actor: Actor,
    @Query() query: PageQuery,
  ): Promise<PageView<ReleaseView>> {
    const page = await this.releases.list(actor, pageRequest(query, 'id'));
    return { ...page, items: page.items.map(releaseView) };
  }

  @Post()
  @Needs('publisher')
  @ApiOperation({ summary: 'Upload files as one release' })
  @TakesReleaseForm()
  @ApiCreatedResponse({ type: ReleaseView })
  @ApiOkResponse({ type: ReleaseView, description: REPEATED })
  @Refuses(400, 409, 413, 415, 422, 507)
  async createRelease(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<ReleaseView>> {
    return madeReleaseView(await this.intake.take(actor, request), response);
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One release' })
  @ApiOkResponse({ type: ReleaseView })
  @Refuses(404)
  async getRelease(
    @CurrentActor() actor: Actor,
    @IdParam('release') id: string,
  ): Promise<Shown<ReleaseView>> {
    return releaseView(await this.releases.get(actor.tenantId, id));
  }

  @Post(':id/invalidate')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({
    summary: 'Make a release invalid for good: its rollouts are aborted, nobody is offered it any more',
  })
  @ApiOkResponse({ type: ReleaseView })
  @Refuses(400, 404, 415)
  async invalidateRelease(
    @CurrentActor() actor: Actor,
    @IdParam('release') id: string,
    @Body() body: InvalidationBody,
  ): Promise<Shown<ReleaseView>> {
    return releaseView(await this.invalidations.invalidate(actor, id, body.cancel));
  }

  @Post(':id/withdraw')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({
    summary: 'Offer a release to nobody any more but by force; what devices have fetched goes on',
  })
  @ApiOkResponse({ type: ReleaseView })
  @Refuses(404)
  async withdrawRelease(
    @CurrentActor() actor: Actor,
    @IdParam('release') id: string,
  ): Promise<Shown<ReleaseView>> {
    return releaseView(await this.releases.withdraw(actor, id));
  }

  @Post(':id/reinstate')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Let a withdrawn release be offered again' })
  @ApiOkResponse({ type: ReleaseView })
  @Refuses(404, 409)
  async reinstateRelease(
    @CurrentActor() actor: Actor,
    @IdParam('release') id: string,
  ): Promise<Shown<ReleaseView>> {
    return releaseView(await this.releases.reinstate(actor, id));
  }

  @Post(':id/judge')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({
    summary:
      'Judge the signatures of a release anew, by the trust anchors that there are now; reads its files',
  })
  @ApiOkResponse({ type: ReleaseView })
  @Refuses(404, 409, 422)
  async judgeRelease(
    @CurrentActor() actor: Actor,
    @IdParam('release') id: string,
  ): Promise<Shown<ReleaseView>> {
    return releaseView(await this.judgements.judge(actor, id));
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Delete a release that nothing refers to, and its bytes' })
  @ApiNoContentResponse()
  @Refuses(404, 409)
  async removeRelease(@CurrentActor() actor: Actor, @IdParam('release') id: string): Promise<void> {
    await this.releases.remove(actor, id);
  }
}

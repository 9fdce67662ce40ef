import { Body, Delete, Get, HttpCode, Patch, Post, Query, Res, UseInterceptors } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { RolloutChangesService } from '../../../modules/rollouts/verbs/rollout-changes.service';
import { RolloutsService } from '../../../modules/rollouts/rollouts.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { Accepted, AcceptedInterceptor } from '../accepted.interceptor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { termsOf } from '../assignments/terms';
import { IfMatch, revisionNumber, TakesIfMatch } from '../if-match.decorator';
import { setLocation } from '../location';
import { ManagementController } from '../management-controller';
import { PageQuery, pageRequest, type PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { RolloutBody, rolloutWish } from './bodies/rollout-body';
import { RolloutChangeBody, rolloutChange } from './bodies/rollout-change-body';
import { RolloutPage, rolloutView, RolloutView } from './views/rollout-view';

/** Who gets which release. What is said to a rollout is in the verbs' controller. */
@ManagementController('rollouts', 'rollouts')
export class RolloutsController {
  constructor(
    private readonly rollouts: RolloutsService,
    private readonly changes: RolloutChangesService,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Rollouts, newest first' })
  @ApiOkResponse({ type: RolloutPage })
  @Refuses(400)
  async listRollouts(
    @CurrentActor() actor: Actor,
    @Query() query: PageQuery,
  ): Promise<PageView<RolloutView>> {
    const page = await this.rollouts.list(actor, pageRequest(query, 'id'));
    return { ...page, items: page.items.map(rolloutView) };
  }

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Make a rollout; it offers nothing before it is started' })
  @ApiCreatedResponse({ type: RolloutView })
  @Refuses(400, 409, 415, 422)
  async createRollout(
    @CurrentActor() actor: Actor,
    @Body() body: RolloutBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<RolloutView>> {
    const wish = { ...rolloutWish(body), terms: termsOf(body) };
    const rollout = await this.rollouts.create(actor, wish);
    setLocation(response, 'rollouts', rollout.id);
    return rolloutView(rollout);
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One rollout, with how many devices are in which state' })
  @ApiOkResponse({ type: RolloutView })
  @Refuses(404)
  async getRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
  ): Promise<Shown<RolloutView>> {
    return rolloutView(await this.rollouts.get(actor, id));
  }

  @Patch(':id')
  @Needs('operator')
  @UseInterceptors(AcceptedInterceptor)
  @ApiOperation({
    summary:
      'Change a rollout: all of a draft; later on its name, priority, pace, windows and maxima, and percentages upwards. Where approval is demanded, what reaches further waits for it (202)',
  })
  @ApiOkResponse({ type: RolloutView })
  @ApiAcceptedResponse({ type: RolloutView, description: 'It waits for somebody else: see `proposal`.' })
  @TakesIfMatch()
  @Refuses(400, 404, 409, 415, 422)
  async changeRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
    @Body() body: RolloutChangeBody,
  ): Promise<Shown<RolloutView> | Accepted<Shown<RolloutView>>> {
    const change = rolloutChange(body, await this.rollouts.get(actor, id));
    const said = Object.fromEntries(Object.entries(body));
    const request = { ifRevision: revisionNumber(revision), said };
    const outcome = await this.changes.change(actor, id, change, request);
    const view = rolloutView(await this.rollouts.get(actor, id));
    return outcome === 'proposed' ? new Accepted(view) : view;
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Delete a rollout that never ran' })
  @ApiNoContentResponse()
  @TakesIfMatch()
  @Refuses(404, 409)
  async removeRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<void> {
    await this.changes.remove(actor, id, revisionNumber(revision));
  }
}

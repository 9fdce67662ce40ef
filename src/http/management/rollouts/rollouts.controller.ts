import { Body, Get, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { RolloutsService } from '../../../modules/rollouts/rollouts.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { setLocation } from '../location';
import { ManagementController } from '../management-controller';
import { PageQuery, pageRequest, type PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { termsOf } from '../assignments/terms';
import { RolloutBody } from './rollout-body';
import type { Shown } from '../../shared/shown-field';
import { RolloutPage, rolloutView, RolloutView } from './rollout-view';

/** Who gets which release. What is said to a rollout is in the verbs' controller. */
@ManagementController('rollouts', 'rollouts')
export class RolloutsController {
  constructor(private readonly rollouts: RolloutsService) {}

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
    const { name, feed, releaseId, priority, inFlightCap, attempts, allowsDowngrade } = body;
    const rollout = await this.rollouts.create(actor, {
      ...{ name, feed, releaseId, priority, inFlightCap, attempts, allowsDowngrade },
      terms: termsOf(body),
    });
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
}

import { Body, Delete, Get, HttpCode, Patch, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Feed } from '../../../modules/devices/feeds/feed';
import { FeedsService } from '../../../modules/devices/feeds/feeds.service';
import { CurrentReleasesService } from '../../../modules/rollouts/current-releases.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { IfMatch, revisionNumber, TakesIfMatch } from '../if-match.decorator';
import { setLocation } from '../location';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { NameParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { FeedBody, FeedChangeBody } from './feed-body';
import type { Shown } from '../../shared/shown-field';
import { FeedPage, feedView, FeedView } from './feed-view';

/** The channels that devices follow. */
@ManagementController('feeds', 'feeds')
export class FeedsController {
  constructor(
    private readonly feeds: FeedsService,
    private readonly current: CurrentReleasesService,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'All feeds, by name' })
  @ApiOkResponse({ type: FeedPage })
  async listFeeds(@CurrentActor() actor: Actor): Promise<PageView<FeedView>> {
    const current = await this.current.ofFeeds(actor);
    const feeds = await this.feeds.list(actor);
    return { items: feeds.map((feed) => feedView(feed, current.get(feed.id))) };
  }

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Make a feed' })
  @ApiCreatedResponse({ type: FeedView })
  @Refuses(400, 409, 415)
  async createFeed(
    @CurrentActor() actor: Actor,
    @Body() { name, description = '' }: FeedBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<FeedView>> {
    const feed = await this.feeds.create(actor, { name, description });
    setLocation(response, 'feeds', feed.name);
    return feedView(feed);
  }

  @Get(':name')
  @Needs('viewer')
  @ApiOperation({ summary: 'One feed' })
  @ApiOkResponse({ type: FeedView })
  @Refuses(404)
  async getFeed(
    @CurrentActor() actor: Actor,
    @NameParam('name', 'feed') name: string,
  ): Promise<Shown<FeedView>> {
    return this.viewOf(actor, await this.feeds.get(actor, name));
  }

  @Patch(':name')
  @Needs('operator')
  @ApiOperation({ summary: 'Rename or describe a feed' })
  @ApiOkResponse({ type: FeedView })
  @TakesIfMatch()
  @Refuses(400, 404, 409, 415)
  async changeFeed(
    @CurrentActor() actor: Actor,
    @NameParam('name', 'feed') name: string,
    @IfMatch() revision: string | undefined,
    @Body() { name: newName, description }: FeedChangeBody,
  ): Promise<Shown<FeedView>> {
    const ifRevision = revisionNumber(revision);
    const change = {
      ...(newName === undefined ? {} : { name: newName }),
      ...(description === undefined ? {} : { description }),
      ...(ifRevision === undefined ? {} : { ifRevision }),
    };
    return this.viewOf(actor, await this.feeds.change(actor, name, change));
  }

  @Delete(':name')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Remove a feed that nothing refers to' })
  @ApiNoContentResponse()
  @Refuses(404, 409)
  async removeFeed(@CurrentActor() actor: Actor, @NameParam('name', 'feed') name: string): Promise<void> {
    await this.feeds.remove(actor, name);
  }

  private async viewOf(actor: Actor, feed: Feed): Promise<Shown<FeedView>> {
    return feedView(feed, (await this.current.ofFeeds(actor)).get(feed.id));
  }
}

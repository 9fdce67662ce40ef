import { Body, Get, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { EMPTY, map } from 'rxjs';
import { ActionStreamService } from '../../../modules/actions/action-stream.service';
import { ActionsService } from '../../../modules/actions/actions.service';
import { FleetService } from '../../../modules/updates/orders/fleet.service';
import type { Actor } from '../../../platform/actor/actor';
import { pageOf } from '../../../platform/database/page';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { sendEvents } from '../server-sent-events';
import { actionView, ActionView } from './action-view';
import { ActionChangeBody, CancelBody } from './cancel-body';
import { logPage, LogQuery, LogStreamQuery, streamStart } from './log-query';
import type { Shown } from '../../shared/shown-field';
import { LogPage, logEntryView, type LogEntryView } from './log-view';

/** What happens on devices, one action per device and release. */
@ManagementController('actions', 'actions')
export class ActionsController {
  constructor(
    private readonly actions: ActionsService,
    private readonly streams: ActionStreamService,
    private readonly fleet: FleetService,
  ) {}

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One action' })
  @ApiOkResponse({ type: ActionView })
  @Refuses(404)
  async getAction(@CurrentActor() actor: Actor, @IdParam('action') id: string): Promise<Shown<ActionView>> {
    return actionView(await this.actions.get(actor, id));
  }

  @Get(':id/log')
  @Needs('viewer')
  @ApiOperation({ summary: 'The log of an action, oldest first' })
  @ApiOkResponse({ type: LogPage })
  @Refuses(400, 404)
  async listActionLog(
    @CurrentActor() actor: Actor,
    @IdParam('action') id: string,
    @Query() query: LogQuery,
  ): Promise<PageView<LogEntryView>> {
    const { after, limit } = logPage(query);
    const entries = await this.actions.log(actor, id, after, limit + 1);
    return pageOf(entries, limit, (entry) => String(entry.seq), logEntryView);
  }

  @Get(':id/log/stream')
  @Needs('viewer')
  @ApiOperation({
    summary: 'The log of an action, live',
    description:
      'Server-sent events `log`, each with its seq as id. The stream stays open after the end: reports may come late.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The seq of the last entry that was read.',
  })
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @Refuses(400, 404)
  async streamActionLog(
    @CurrentActor() actor: Actor,
    @IdParam('action') id: string,
    @Query() query: LogStreamQuery,
    @Res() response: Response,
  ): Promise<void> {
    const { req: request } = response;
    const after = streamStart(request.get('last-event-id'), query);
    await this.actions.get(actor, id);
    const entries = request.method === 'HEAD' ? EMPTY : this.streams.watch(actor, id, after);
    const events = entries.pipe(map((one) => ({ id: one.seq, event: 'log', data: logEntryView(one) })));
    sendEvents(response, events);
  }

  @Patch(':id')
  @Needs('operator')
  @ApiOperation({ summary: 'Make a soft update forced; the device hears of it at its next poll' })
  @ApiOkResponse({ type: ActionView })
  @Refuses(400, 404, 409, 415)
  async changeAction(
    @CurrentActor() actor: Actor,
    @IdParam('action') id: string,
    @Body() _body: ActionChangeBody,
  ): Promise<Shown<ActionView>> {
    return actionView(await this.fleet.makeForced(actor, id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Ask the device to cancel; it works on until it has answered' })
  @ApiBody({ type: CancelBody, required: false })
  @ApiOkResponse({ type: ActionView })
  @Refuses(400, 404, 409, 415)
  async cancelAction(
    @CurrentActor() actor: Actor,
    @IdParam('action') id: string,
    @Body() body: CancelBody,
  ): Promise<Shown<ActionView>> {
    return actionView(await this.fleet.cancel(actor, id, body.force ?? false));
  }
}

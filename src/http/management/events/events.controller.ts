import { Get, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { EMPTY, map } from 'rxjs';
import { EventStreamService } from '../../../modules/audit/event-stream.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { sendEvents } from '../server-sent-events';
import { eventPage, EventQuery, eventStart, EventStreamQuery } from './event-query';
import { EventsView, eventView } from './event-view';

/** What happens, for programs: each event at least once, in order, with a number of its own. */
@ManagementController('events', 'events')
export class EventsController {
  constructor(private readonly events: EventStreamService) {}

  @Get()
  @Needs('operator')
  @ApiOperation({
    summary: 'What happened after an event, oldest first',
    description:
      'Ask again with `after` = `lastSeq`: nothing is missed. An event appears about a second after its change.',
  })
  @ApiOkResponse({ type: EventsView })
  @Refuses(400)
  async listEvents(@CurrentActor() actor: Actor, @Query() query: EventQuery): Promise<Shown<EventsView>> {
    const { after, limit } = eventPage(query);
    const items = await this.events.list(actor, after, limit);
    return { items: items.map(eventView), lastSeq: items.at(-1)?.seq ?? after };
  }

  @Get('stream')
  @Needs('operator')
  @ApiOperation({
    summary: 'What happens, live',
    description:
      'Server-sent events `event`, each with its seq as id. Without `after` and `Last-Event-ID`: from now on.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The seq of the last event that was read.',
  })
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @Refuses(400, 429)
  async streamEvents(
    @CurrentActor() actor: Actor,
    @Query() query: EventStreamQuery,
    @Res() response: Response,
  ): Promise<void> {
    const { req: request } = response;
    const after = eventStart(request.get('last-event-id'), query);
    const events = request.method === 'HEAD' ? EMPTY : await this.events.watch(actor, after);
    sendEvents(response, events.pipe(map((one) => ({ id: one.seq, event: 'event', data: eventView(one) }))));
  }
}

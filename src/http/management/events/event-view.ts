import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { SentEvent } from '../../../modules/audit/audit-entry';
import { ShowsCount, type Shown } from '../../shared/shown-field';
import { AuditEntryView, auditEntryView } from '../audit/audit-entry-view';

/** An event, numbered for its readers. */
@ApiSchema({ name: 'Event' })
export class EventView extends AuditEntryView {
  @ShowsCount({ description: '1, 2, 3 … in the tenant. Deduplicates what is read twice.' })
  seq!: number;
}

/** Some events. */
@ApiSchema({ name: 'Events' })
export class EventsView {
  @ApiProperty({ type: () => EventView, isArray: true })
  items!: EventView[];

  @ShowsCount({ description: 'The `after` of the next request.' })
  lastSeq!: number;
}

export function eventView(event: SentEvent): Shown<EventView> {
  return { seq: event.seq, ...auditEntryView(event) };
}

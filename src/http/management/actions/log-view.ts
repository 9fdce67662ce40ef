import { ApiSchema } from '@nestjs/swagger';
import type { LogEntry } from '../../../modules/actions/action/log-entry';
import { ShowsCount, ShowsInstant, ShowsText, ShowsWord, type Shown } from '../../shared/shown-field';
import { pageSchema } from '../page-query';

const SOURCES = ['device', 'server'] as const;

/** One entry of an action's log. */
@ApiSchema({ name: 'LogEntry' })
export class LogEntryView {
  @ShowsCount({ description: '1, 2, 3 … without gaps.' })
  seq!: number;

  @ShowsInstant()
  at!: Date;

  @ShowsWord(SOURCES)
  source!: LogEntry['source'];

  @ShowsText({ description: "The device's own word, or what the server did.", example: 'proceeding' })
  status!: string;

  @ShowsCount({ optional: true })
  code?: number | undefined;

  @ShowsText({ isList: true })
  messages!: readonly string[];
}

export const LogPage = pageSchema('LogPage', LogEntryView);

export function logEntryView({ seq, at, source, status, code, messages }: LogEntry): Shown<LogEntryView> {
  return { seq, at, source, status, code, messages };
}

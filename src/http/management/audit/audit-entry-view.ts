import { ApiSchema } from '@nestjs/swagger';
import type { AuditEntry } from '../../../modules/audit/audit-entry';
import { ShowsId, ShowsInstant, ShowsMap, ShowsText, type Shown } from '../../shared/shown-field';
import { pageSchema } from '../page-query';

/** Something that happened. */
@ApiSchema({ name: 'AuditEntry' })
export class AuditEntryView {
  @ShowsId()
  id!: string;

  @ShowsInstant()
  at!: Date;

  @ShowsText({ example: 'rollout.start' })
  kind!: string;

  @ShowsText({ example: 'rollout:12' })
  subject!: string;

  @ShowsText({ description: 'Who did it.', example: 'user:admin' })
  actor!: string;

  @ShowsMap(undefined)
  detail!: Readonly<Record<string, unknown>>;
}

export const AuditPage = pageSchema('AuditPage', AuditEntryView);

export function auditEntryView({ id, at, kind, subject, actor, detail }: AuditEntry): Shown<AuditEntryView> {
  return { id, at, kind, subject, actor, detail };
}

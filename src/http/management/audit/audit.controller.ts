import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AuditService } from '../../../modules/audit/audit.service';
import type { Actor } from '../../../platform/actor/actor';
import { TextField } from '../../shared/validators/text-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { PageQuery, pageRequest, type PageView } from '../page-query';
import { Refuses } from '../problems/refuses.decorator';
import { auditEntryView, AuditPage, type AuditEntryView } from './audit-entry-view';

/** Which entries of the audit to list. */
export class AuditQuery extends PageQuery {
  @TextField({ optional: true, most: 300, description: 'Only what is about this.', example: 'rollout:12' })
  subject?: string;
}

/** Who did what. */
@ManagementController('audit', 'audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Needs('operator')
  @ApiOperation({ summary: 'What happened, newest first' })
  @ApiOkResponse({ type: AuditPage })
  @Refuses(400)
  async listAudit(
    @CurrentActor() actor: Actor,
    @Query() query: AuditQuery,
  ): Promise<PageView<AuditEntryView>> {
    const page = await this.audit.list(actor, pageRequest(query, 'id'), query.subject);
    return { ...page, items: page.items.map(auditEntryView) };
  }
}

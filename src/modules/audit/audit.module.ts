import { Module } from '@nestjs/common';
import { AuditService } from './audit.service';
import { EventStreamService } from './event-stream.service';
import { SentEventsRepository } from './sent-events.repository';

@Module({
  providers: [AuditService, EventStreamService, SentEventsRepository],
  exports: [AuditService, EventStreamService],
})
export class AuditModule {}

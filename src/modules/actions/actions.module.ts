import { Module } from '@nestjs/common';
import { ActionStreamService } from './action-stream.service';
import { ActionsRepository } from './actions.repository';
import { ActionsService } from './actions.service';
import { DueActionsRepository } from './due-actions.repository';
import { DueActionsService } from './due-actions.service';

@Module({
  providers: [
    ActionsService,
    ActionStreamService,
    ActionsRepository,
    DueActionsService,
    DueActionsRepository,
  ],
  exports: [ActionsService, ActionStreamService, DueActionsService],
})
export class ActionsModule {}

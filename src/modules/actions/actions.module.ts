import { Module } from '@nestjs/common';
import { ActionStreamService } from './action-stream.service';
import { ActionsRepository } from './actions.repository';
import { ActionsService } from './actions.service';

@Module({
  providers: [ActionsService, ActionStreamService, ActionsRepository],
  exports: [ActionsService, ActionStreamService],
})
export class ActionsModule {}

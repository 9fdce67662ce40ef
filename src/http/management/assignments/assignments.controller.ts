import { Body, Get, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { AssignmentsService } from '../../../modules/updates/orders/assignments.service';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { setLocation } from '../location';
import { ManagementController } from '../management-controller';
import { PageQuery, pageRequest, type PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { AssignmentBody } from './assignment-body';
import {
  AssignmentPage,
  assignmentView,
  AssignmentView,
  madeAssignmentView,
  MadeAssignmentView,
} from './assignment-view';

import { windowedTermsOf } from './terms';

/** Releases given to devices directly, whatever their mode. */
@ManagementController('assignments', 'assignments')
export class AssignmentsController {
  constructor(
    private readonly assignments: AssignmentsService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Assignments, newest first' })
  @ApiOkResponse({ type: AssignmentPage })
  @Refuses(400)
  async listAssignments(
    @CurrentActor() actor: Actor,
    @Query() query: PageQuery,
  ): Promise<PageView<AssignmentView>> {
    const page = await this.assignments.list(actor, pageRequest(query, 'id'));
    return { ...page, items: page.items.map(assignmentView) };
  }

  @Post()
  @Needs('operator')
  @ApiOperation({
    summary: 'Give devices a release',
    description:
      'All of them or none. What is open on a device is cancelled, unless it is a required step: then this one waits for it.',
  })
  @ApiCreatedResponse({ type: MadeAssignmentView })
  @Refuses(400, 409, 415, 422)
  async createAssignment(
    @CurrentActor() actor: Actor,
    @Body() body: AssignmentBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<MadeAssignmentView>> {
    const outcome = await this.assignments.assign(actor, {
      releaseId: body.release,
      controllerIds: body.devices,
      terms: windowedTermsOf(body, this.clock.now()),
      isInstalled: body.isInstalled ?? false,
    });
    setLocation(response, 'assignments', outcome.assignment.id);
    return madeAssignmentView(outcome);
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One assignment' })
  @ApiOkResponse({ type: AssignmentView })
  @Refuses(404)
  async getAssignment(
    @CurrentActor() actor: Actor,
    @IdParam('assignment') id: string,
  ): Promise<Shown<AssignmentView>> {
    return assignmentView(await this.assignments.get(actor, id));
  }
}

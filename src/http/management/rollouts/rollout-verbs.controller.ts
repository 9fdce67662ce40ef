import { applyDecorators, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { RolloutVerb } from '../../../modules/rollouts/rollout';
import { RolloutsService } from '../../../modules/rollouts/rollouts.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { IfMatch, revisionNumber, TakesIfMatch } from '../if-match.decorator';
import { ManagementController } from '../management-controller';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import type { Shown } from '../../shared/shown-field';
import { rolloutView, RolloutView } from './rollout-view';

function Verb(verb: RolloutVerb, summary: string): MethodDecorator {
  return applyDecorators(
    Post(verb),
    HttpCode(200),
    Needs('operator'),
    ApiOperation({ summary }),
    ApiOkResponse({ type: RolloutView }),
    TakesIfMatch(),
    Refuses(400, 404, 409),
  );
}

/** What an operator says to a rollout. When it is answered, the next poll anywhere obeys it. Twice is as good as once. */
@ManagementController('rollouts/:id', 'rollouts')
export class RolloutVerbsController {
  constructor(private readonly rollouts: RolloutsService) {}

  @Verb('start', 'Begin to offer')
  async startRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, 'start', revision);
  }

  @Verb('pause', 'Offer nothing more for now; what devices have fetched goes on')
  async pauseRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, 'pause', revision);
  }

  @Verb('resume', 'Go on after a pause')
  async resumeRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, 'resume', revision);
  }

  @Verb('abort', 'End it because something is wrong')
  async abortRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, 'abort', revision);
  }

  @Verb('close', 'End it because it has done its work')
  async closeRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, 'close', revision);
  }

  private async tell(
    actor: Actor,
    id: string,
    verb: RolloutVerb,
    revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return rolloutView(await this.rollouts.tell(actor, id, verb, revisionNumber(revision)));
  }
}

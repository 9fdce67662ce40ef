import { applyDecorators, Body, HttpCode, Post, type Type } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { RolloutVerb } from '../../../modules/rollouts/rollout/rollout';
import { RolloutAbortsService } from '../../../modules/rollouts/verbs/rollout-aborts.service';
import { RolloutVerbsService, type Order } from '../../../modules/rollouts/verbs/rollout-verbs.service';
import { RolloutsService } from '../../../modules/rollouts/rollouts.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { IfMatch, revisionNumber, TakesIfMatch } from '../if-match.decorator';
import { ManagementController } from '../management-controller';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { AbortedRolloutView, RetriedRolloutView, rolloutView, RolloutView } from './views/rollout-view';
import { AbortBody, AdvanceBody, StartBody } from './bodies/verb-bodies';

function Verb(verb: RolloutVerb, summary: string, answer: Type<RolloutView> = RolloutView): MethodDecorator {
  return applyDecorators(
    Post(verb),
    HttpCode(200),
    Needs('operator'),
    ApiOperation({ summary }),
    ApiOkResponse({ type: answer }),
    TakesIfMatch(),
    Refuses(400, 404, 409),
  );
}

/** A verb may come without a body. */
function MayTake(body: Type<object>): MethodDecorator {
  return applyDecorators(ApiBody({ type: body, required: false }), Refuses(415, 422));
}

/** What an operator says to a rollout. When it is answered, the next poll anywhere obeys it. Twice is as good as once. */
@ManagementController('rollouts/:id', 'rollouts')
export class RolloutVerbsController {
  constructor(
    private readonly rollouts: RolloutsService,
    private readonly verbs: RolloutVerbsService,
    private readonly aborts: RolloutAbortsService,
  ) {}

  @Verb('start', 'Begin to offer: at once, at its time, or when somebody else has approved it')
  @MayTake(StartBody)
  async startRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
    @Body() { previewHash }: StartBody,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'start', previewHash, ifRevision: revisionNumber(revision) });
  }

  @Verb(
    'approve',
    'Let a rollout begin that waits for it, not by who made or changed it; or do what was proposed, not by who proposed it',
  )
  @Refuses(403, 428)
  async approveRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'approve', ifRevision: revisionNumber(revision) });
  }

  @Verb(
    'deny',
    'Make a rollout a draft again that waits for approval, not by who made or changed it; or forget what was proposed',
  )
  @Refuses(403)
  async denyRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'deny', ifRevision: revisionNumber(revision) });
  }

  @Verb('pause', 'Offer nothing more for now; what devices have fetched goes on')
  async pauseRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'pause', ifRevision: revisionNumber(revision) });
  }

  @Verb(
    'resume',
    'Go on after a pause; what has failed so far is known, and only what fails from now on counts',
  )
  async resumeRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'resume', ifRevision: revisionNumber(revision) });
  }

  @Verb('advance', 'Open the next wave, whatever the gate of this one says')
  @MayTake(AdvanceBody)
  async advanceRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
    @Body() { wave }: AdvanceBody,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'advance', wave, ifRevision: revisionNumber(revision) });
  }

  @Verb(
    'retry-failed',
    'Give devices whose last attempt failed, at a step on the way as well, all of their attempts again',
    RetriedRolloutView,
  )
  async retryFailedOfRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RetriedRolloutView>> {
    const order = { verb: 'retry-failed', ifRevision: revisionNumber(revision) } as const;
    const { retried } = await this.verbs.tell(actor, id, order);
    return { ...rolloutView(await this.rollouts.get(actor, id)), retried };
  }

  @Verb('abort', 'End it because something is wrong', AbortedRolloutView)
  @MayTake(AbortBody)
  async abortRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
    @Body() { running = 'keep', withdraw = false, rollback = false }: AbortBody,
  ): Promise<Shown<AbortedRolloutView>> {
    const options = { running, withdraw, rollback, ifRevision: revisionNumber(revision) };
    const back = await this.aborts.abort(actor, id, options);
    return { ...rolloutView(await this.rollouts.get(actor, id)), rollback: back };
  }

  @Verb('close', 'End it because it has done its work')
  async closeRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @IfMatch() revision: string | undefined,
  ): Promise<Shown<RolloutView>> {
    return this.tell(actor, id, { verb: 'close', ifRevision: revisionNumber(revision) });
  }

  private async tell(actor: Actor, id: string, order: Order): Promise<Shown<RolloutView>> {
    await this.verbs.tell(actor, id, order);
    return rolloutView(await this.rollouts.get(actor, id));
  }
}

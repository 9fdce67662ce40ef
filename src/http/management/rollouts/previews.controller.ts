import { HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RolloutStartsService } from '../../../modules/rollouts/verbs/rollout-starts.service';
import { PreviewService } from '../../../modules/updates/explain/preview.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { PreviewView } from './views/preview-view';

/** Looks at a rollout before it is started. */
@ManagementController('rollouts/:id/preview', 'rollouts')
export class PreviewsController {
  constructor(
    private readonly previews: PreviewService,
    private readonly starts: RolloutStartsService,
  ) {}

  @Post()
  @HttpCode(200)
  @Needs('viewer')
  @ApiOperation({ summary: 'Who would get it, and who would not and why; nothing is changed by it' })
  @ApiOkResponse({ type: PreviewView })
  @Refuses(404)
  async previewRollout(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
  ): Promise<Shown<PreviewView>> {
    const { hash, supersedes } = await this.starts.preview(actor, id);
    const { devices, groups } = await this.previews.preview(actor, id);
    return { hash, devices, groups, supersedes };
  }
}

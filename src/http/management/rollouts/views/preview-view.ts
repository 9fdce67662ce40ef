import { ApiSchema } from '@nestjs/swagger';
import { ShowsCount, ShowsId, ShowsPart, ShowsText } from '../../../shared/shown-field';

/** Devices that the same is decided for. */
@ApiSchema({ name: 'PreviewGroup' })
export class PreviewGroupView {
  @ShowsText({
    description: '`offer`, or why they would get nothing, as `explain` says it.',
    example: 'offer',
  })
  decision!: string;

  @ShowsCount({ optional: true, description: 'Of an offer: in which wave.' })
  wave?: number | undefined;

  @ShowsCount()
  devices!: number;
}

/** Who would get a rollout, if it were started now and all of its waves had passed. */
@ApiSchema({ name: 'Preview' })
export class PreviewView {
  @ShowsText({
    description:
      'For the start: it holds as long as the rollout, its release and what it supersedes are the same.',
  })
  hash!: string;

  @ShowsCount({ description: 'Devices that were looked at.' })
  devices!: number;

  @ShowsPart(PreviewGroupView, { isList: true })
  groups!: readonly PreviewGroupView[];

  @ShowsId({ isList: true, description: 'Rollouts that would count no longer for some devices.' })
  supersedes!: readonly string[];
}

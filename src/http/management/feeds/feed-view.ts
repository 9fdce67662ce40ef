import { ApiSchema } from '@nestjs/swagger';
import { ROLLOUT_STATES, type RolloutState } from '../../../modules/rollouts/rollout/rollout';
import type { CurrentRelease } from '../../../modules/rollouts/current-releases.service';
import type { Feed } from '../../../modules/devices/feeds/feed';
import {
  ShowsCount,
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsPart,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../shared/shown-field';
import { pageSchema } from '../page-query';
import { HardwarePatternView } from '../releases/release-view';

/** A release that devices of a feed get, as long as its rollout is in force. */
@ApiSchema({ name: 'CurrentRelease' })
export class CurrentReleaseView {
  @ShowsId()
  rolloutId!: string;

  @ShowsWord(ROLLOUT_STATES, { schemaName: 'RolloutState' })
  state!: RolloutState;

  @ShowsId()
  releaseId!: string;

  @ShowsText({ example: 'firmware' })
  name!: string;

  @ShowsText({ example: '1.4.0' })
  version!: string;

  @ShowsPart(HardwarePatternView, { isList: true })
  hardware!: readonly HardwarePatternView[];

  @ShowsText({ optional: true, description: 'Only the devices of the feed that it matches.' })
  filter?: string | undefined;
}

/** A feed as the API shows it. */
@ApiSchema({ name: 'Feed' })
export class FeedView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'stable' })
  name!: string;

  @ShowsText()
  description!: string;

  @ShowsFlag({ description: 'New devices start on this feed.' })
  isDefault!: boolean;

  @ShowsPart(CurrentReleaseView, {
    isList: true,
    description:
      'What it stands for now, by the rollouts in force: for each device the first whose hardware it fits. Empty: nothing.',
  })
  current!: readonly CurrentReleaseView[];

  @ShowsCount({ description: 'What If-Match compares.' })
  revision!: number;

  @ShowsInstant()
  createdAt!: Date;
}

export const FeedPage = pageSchema('FeedPage', FeedView);

export function feedView(feed: Feed, current: readonly CurrentRelease[] = []): Shown<FeedView> {
  const { id, name, description, isDefault, revision, createdAt } = feed;
  return { id, name, description, isDefault, current, revision, createdAt };
}

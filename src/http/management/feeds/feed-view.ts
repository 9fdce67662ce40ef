import { ApiSchema } from '@nestjs/swagger';
import type { Feed } from '../../../modules/devices/feed';
import {
  ShowsCount,
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsText,
  type Shown,
} from '../../shared/shown-field';
import { pageSchema } from '../page-query';

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

  @ShowsCount({ description: 'What If-Match compares.' })
  revision!: number;

  @ShowsInstant()
  createdAt!: Date;
}

export const FeedPage = pageSchema('FeedPage', FeedView);

export function feedView({ id, name, description, isDefault, revision, createdAt }: Feed): Shown<FeedView> {
  return { id, name, description, isDefault, revision, createdAt };
}

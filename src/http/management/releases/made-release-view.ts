import type { Response } from 'express';
import type { MadeRelease } from '../../../modules/releases/releases.service';
import type { Shown } from '../../shared/shown-field';
import { setLocation } from '../location';
import { releaseView, type ReleaseView } from './release-view';

/** What 200 means where releases are made. */
export const REPEATED = 'There is this very release already: the same was sent before.';

/** 201 for a release that was made, 200 for one that was there; either way it says where. */
export function madeReleaseView({ release, isNew }: MadeRelease, response: Response): Shown<ReleaseView> {
  setLocation(response, 'releases', release.id);
  response.status(isNew ? 201 : 200);
  return releaseView(release);
}

import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database } from '../../platform/database/database';
import type { HardwarePattern } from '../releases/release/hardware';
import { IN_FORCE, type RolloutState } from './rollout/rollout';

/** What a feed stands for just now: the release of a rollout in force, for some hardware. */
export interface CurrentRelease {
  readonly rolloutId: string;
  readonly state: RolloutState;
  readonly releaseId: string;
  readonly name: string;
  readonly version: string;
  readonly hardware: readonly HardwarePattern[];
  /** Only the devices of the feed that it matches. */
  readonly filter: string | undefined;
}

interface Row extends Omit<CurrentRelease, 'filter'> {
  readonly feedId: string;
  readonly filter: string | null;
}

/** The current releases of feeds: derived from the rollouts in force, and stored nowhere. */
@Injectable()
export class CurrentReleasesService {
  constructor(private readonly database: Database) {}

  /** By the ids of feeds; the first whose hardware (and filter) a device fits is the one that counts for it. */
  async ofFeeds(actor: Actor): Promise<ReadonlyMap<string, readonly CurrentRelease[]>> {
    const rows = await this.database.query<Row>(
      `SELECT o.feed_id AS "feedId", o.id AS "rolloutId", o.state, o.filter, r.id AS "releaseId", r.name, r.version, r.hardware
         FROM rollout o JOIN release r ON r.id = o.release_id AND r.tenant_id = o.tenant_id
        WHERE o.tenant_id = $1 AND o.feed_id IS NOT NULL AND o.state = ANY($2::text[])
        ORDER BY o.priority DESC, o.started_at DESC, o.id DESC`,
      [actor.tenantId, IN_FORCE],
    );
    const feeds = new Map<string, CurrentRelease[]>();
    for (const { feedId, filter, ...row } of rows) {
      const known = feeds.get(feedId) ?? [];
      feeds.set(feedId, known);
      if (!isShadowed(row.hardware, known)) known.push({ ...row, filter: filter ?? undefined });
    }
    return feeds;
  }
}

/** Something before it counts for all of its hardware and for all devices. */
function isShadowed(hardware: readonly HardwarePattern[], before: readonly CurrentRelease[]): boolean {
  const taken = before.filter(({ filter }) => filter === undefined).flatMap((one) => one.hardware);
  return hardware.every(({ model, revision }) =>
    taken.some((one) => isAll(one.model, model) && isAll(one.revision, revision)),
  );
}

function isAll(pattern: string, other: string): boolean {
  return pattern === '*' || pattern === other;
}

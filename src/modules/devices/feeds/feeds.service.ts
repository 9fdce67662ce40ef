import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { Actor } from '../../../platform/actor/actor';
import { Database, type Sql } from '../../../platform/database/database';
import { violatedConstraint } from '../../../platform/database/database.errors';
import { NotFoundError, StaleError } from '../../../platform/errors/domain.error';
import { recordEvent } from '../../../platform/events/event-log';
import { FeedExistsError, FeedInUseError, UnknownFeedError } from '../devices.errors';
import { DEFAULT_FEED_NAME, type Feed } from './feed';
import { FeedEntity } from './feed.entity';

/** What may be changed about a feed; `ifRevision` is the revision the caller read (If-Match). */
export interface FeedChange {
  readonly name?: string;
  readonly description?: string;
  readonly ifRevision?: number;
}

@Injectable()
export class FeedsService {
  constructor(
    @InjectRepository(FeedEntity) private readonly feeds: Repository<FeedEntity>,
    private readonly database: Database,
  ) {}

  /** All feeds by name; a tenant has few. */
  async list(actor: Actor): Promise<Feed[]> {
    return this.feeds.find({ where: { tenantId: actor.tenantId }, order: { name: 'ASC' }, take: 1000 });
  }

  async get(actor: Actor, name: string): Promise<Feed> {
    const feed = await this.feeds.findOneBy({ tenantId: actor.tenantId, name });
    if (feed === null) throw new NotFoundError('feed', name);
    return feed;
  }

  /** The id of a feed that a request names. @throws UnknownFeedError (422) */
  async idOf(tx: Sql, actor: Actor, name: string): Promise<string> {
    const [row] = await tx.query<{ id: string }>('SELECT id FROM feed WHERE tenant_id = $1 AND name = $2', [
      actor.tenantId,
      name,
    ]);
    if (row === undefined) throw new UnknownFeedError(name);
    return row.id;
  }

  async create(actor: Actor, feed: { name: string; description: string }): Promise<Feed> {
    return this.named(feed.name, () =>
      this.database.transaction(async (tx) => {
        const repository = tx.manager.getRepository(FeedEntity);
        const made = await repository.save(repository.create({ ...feed, tenantId: actor.tenantId }));
        await recordEvent(tx, actor, {
          kind: 'feed.created',
          subject: `feed:${made.id}`,
          detail: { name: feed.name },
        });
        return made;
      }),
    );
  }

  async change(actor: Actor, name: string, change: FeedChange): Promise<Feed> {
    return this.named(change.name ?? name, () =>
      this.database.transaction(async (tx) => {
        const repository = tx.manager.getRepository(FeedEntity);
        const feed = await repository.findOne({
          where: { tenantId: actor.tenantId, name },
          lock: { mode: 'pessimistic_write' },
        });
        if (feed === null) throw new NotFoundError('feed', name);
        if (change.ifRevision !== undefined && change.ifRevision !== feed.revision)
          throw new StaleError('feed');
        feed.name = change.name ?? feed.name;
        feed.description = change.description ?? feed.description;
        feed.revision += 1;
        await recordEvent(tx, actor, {
          kind: 'feed.changed',
          subject: `feed:${feed.id}`,
          detail: { name, ...change },
        });
        return repository.save(feed);
      }),
    );
  }

  /** @throws FeedInUseError while devices follow it or rollouts aim at it; the default feed stays. */
  async remove(actor: Actor, name: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [feed] = await tx.query<{ id: string; is_default: boolean }>(
        'SELECT id, is_default FROM feed WHERE tenant_id = $1 AND name = $2 FOR UPDATE',
        [actor.tenantId, name],
      );
      if (feed === undefined) throw new NotFoundError('feed', name);
      if (feed.is_default) throw new FeedInUseError(name, 'it is the one that new devices follow');
      try {
        await tx.query('DELETE FROM feed WHERE tenant_id = $1 AND id = $2', [actor.tenantId, feed.id]);
      } catch (error) {
        const constraint = violatedConstraint(error);
        if (constraint === 'device_feed_fk') throw new FeedInUseError(name, 'devices follow it');
        if (constraint === 'rollout_feed_fk') throw new FeedInUseError(name, 'rollouts aim at it');
        throw error;
      }
      await recordEvent(tx, actor, { kind: 'feed.removed', subject: `feed:${feed.id}`, detail: { name } });
    });
  }

  /** Makes the tenant's default feed when it has none. */
  async ensureDefault(tenantId: string): Promise<void> {
    await this.database.query(
      `INSERT INTO feed (tenant_id, name, description, is_default) VALUES ($1, $2, 'where new devices start', true)
       ON CONFLICT DO NOTHING`,
      [tenantId, DEFAULT_FEED_NAME],
    );
  }

  private async named<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (violatedConstraint(error) === 'feed_name_unique') throw new FeedExistsError(name);
      throw error;
    }
  }
}

import { RolloutStartsService } from '../../../src/modules/rollouts/verbs/rollout-starts.service';
import { DeadlineSweepService } from '../../../src/modules/updates/sweeps/deadline-sweep.service';
import { QueueSweepService } from '../../../src/modules/updates/sweeps/queue-sweep.service';
import { RolloutSchedulerService } from '../../../src/modules/updates/sweeps/rollout-scheduler.service';
import { Clock } from '../../../src/platform/clock/clock';
import type { Database } from '../../../src/platform/database/database';
import { EventRelayService } from '../../../src/platform/events/event-relay.service';
import { startRookery, type TestRookery } from '../../support/rookery-app';
import type { Side } from './acts';
import { Console } from './console';
import { Replica } from './replica';

/** Every history begins then: a Monday noon in UTC. */
export const BEGINNING_MS = Date.parse('2026-03-02T12:00:00Z');

/** So many tenants are enough for one database: plans stay in memory. */
const MOST_HISTORIES = 2000;

/** The artifacts of histories have no bytes. */
const QUIET = { ROOKERY_SCRUB_RATE: '0' };

/**
 * Two instances on one database, whose clock the histories set and whose schedulers run only when they are told to. Each
 * history has a tenant of its own, so that they cost no database each.
 */
export class Theatre {
  nowMs = BEGINNING_MS;
  /** Tenants whose histories may not be over. */
  readonly played: string[] = [];
  private histories = 0;

  private constructor(
    private readonly servers: readonly [TestRookery, TestRookery],
    readonly replicas: readonly [Replica, Replica],
    readonly consoles: readonly [Console, Console],
  ) {
    for (const { app } of servers) {
      app.get(Clock).epochMs = () => this.nowMs;
      // Fleets of a handful have no waves as large as their samples.
      app.get(RolloutStartsService).refuseHopeless = () => Promise.resolve();
    }
  }

  static async open(): Promise<Theatre> {
    const [one, two] = await withoutTimers(async () => {
      const first = await startRookery({ settings: QUIET });
      return [first, await startRookery({ replicaOf: first, settings: QUIET })] as const;
    });
    const [{ track_commit_timestamp: isTracked } = {}] = await one.database.query<{
      track_commit_timestamp: string;
    }>('SHOW track_commit_timestamp');
    if (isTracked !== 'on')
      throw new Error(
        'histories are put in the order of commits: Postgres needs track_commit_timestamp = on',
      );
    return new Theatre(
      [one, two],
      [new Replica(one.app), new Replica(two.app)],
      [new Console(one.app), new Console(two.app)],
    );
  }

  get first(): TestRookery {
    return this.servers[0];
  }

  get database(): Database {
    return this.first.database;
  }

  get isWorn(): boolean {
    return this.histories >= MOST_HISTORIES;
  }

  nextKey(): string {
    this.histories += 1;
    return `H${this.histories}`;
  }

  /** What earlier histories have left open is no longer due: else every round would look at all of them. */
  async retire(): Promise<void> {
    const tenants = this.played.splice(0);
    if (tenants.length === 0) return;
    await this.database.query(
      "UPDATE action SET due_at = '9999-01-01' WHERE tenant_id = ANY($1::bigint[]) AND due_at IS NOT NULL",
      [tenants],
    );
    await this.database.query(
      "UPDATE rollout SET state = 'closed' WHERE tenant_id = ANY($1::bigint[]) AND state NOT IN ('closed', 'aborted')",
      [tenants],
    );
  }

  /** One round of everything that runs by the clock. */
  async runSchedulers(at: Side): Promise<void> {
    for (const replica of this.replicas) await replica.flush();
    const { app } = this.servers[at];
    await app.get(DeadlineSweepService).sweep();
    await app.get(RolloutSchedulerService).round();
    await app.get(QueueSweepService).sweep();
  }

  /** One round of the outbox's relay, on that instance. */
  async relay(at: Side): Promise<void> {
    await this.servers[at].app.get(EventRelayService).relay();
  }

  /** Microseconds of the database's own clock, which the commits are stamped with. */
  async stampUs(): Promise<number> {
    const [row] = await this.database.query<{ us: string }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us',
    );
    return Number(row?.us);
  }

  async close(): Promise<void> {
    await this.servers[1].close();
    await this.servers[0].close();
  }
}

/** What a server does from time to time by itself is done by the histories, at the time that they have. */
async function withoutTimers<T>(boot: () => Promise<T>): Promise<T> {
  const real = globalThis.setInterval;
  globalThis.setInterval = () => real(() => undefined, 2 ** 31 - 1).unref();
  try {
    return await boot();
  } finally {
    globalThis.setInterval = real;
  }
}

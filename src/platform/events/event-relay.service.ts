import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database, type Sql } from '../database/database';
import { claimEvents } from '../database/locks';

const ROUND_MS = 1000;
/** Events of one transaction, so that none takes long. */
const PORTION = 500;
/** Of one tenant in one round: one that has a million to catch up on does not keep the others waiting. */
const MOST_PORTIONS = 20;

/** Skips from tenant to tenant on the index of what is unsent, which is nearly empty. */
const TENANTS = `
  WITH RECURSIVE waiting AS (
    (SELECT tenant_id FROM event WHERE publish_seq IS NULL ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant_id FROM event e WHERE e.publish_seq IS NULL AND e.tenant_id > w.tenant_id
             ORDER BY e.tenant_id LIMIT 1)
      FROM waiting w WHERE w.tenant_id IS NOT NULL)
  SELECT tenant_id AS "tenantId" FROM waiting WHERE tenant_id IS NOT NULL`;

const NUMBER = `
  WITH unsent AS (
    SELECT id, occurred_at, row_number() OVER (ORDER BY id) AS place FROM event
     WHERE tenant_id = $1 AND publish_seq IS NULL ORDER BY id LIMIT $2),
  moved AS (
    UPDATE event_relay SET last_seq = last_seq + (SELECT count(*) FROM unsent) WHERE tenant_id = $1
    RETURNING last_seq - (SELECT count(*) FROM unsent) AS before)
  UPDATE event e SET publish_seq = moved.before + unsent.place FROM unsent, moved
   WHERE e.tenant_id = $1 AND e.id = unsent.id AND e.occurred_at = unsent.occurred_at
  RETURNING e.publish_seq AS seq`;

/**
 * The outbox's relay: gives each committed event the next number of its tenant. Numbers are given out under a lock and committed
 * in their order: who has seen 7 has missed nothing below it, and none stands for two events. Every replica runs it.
 */
@Injectable()
export class EventRelayService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(EventRelayService.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.relayOrWarning().finally(() => (this.running = undefined));
    }, ROUND_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One round over all tenants; answers with how many events got their numbers. One that fails does not keep the others waiting. */
  async relay(): Promise<number> {
    let relayed = 0;
    for (const { tenantId } of await this.database.query<{ tenantId: string }>(TENANTS))
      relayed += await this.relayTenant(tenantId).catch((error: unknown) => this.warn(error));
    return relayed;
  }

  private async relayTenant(tenantId: string): Promise<number> {
    let relayed = 0;
    for (let portion = 1; portion <= MOST_PORTIONS; portion += 1) {
      const numbered = await this.database.transaction((tx) => this.number(tx, tenantId));
      relayed += numbered;
      if (numbered < PORTION) break;
    }
    return relayed;
  }

  /** The lock first, in a statement of its own: the next one sees what its last holder committed. */
  private async number(tx: Sql, tenantId: string): Promise<number> {
    if (!(await claimEvents(tx, tenantId))) return 0;
    await tx.query('INSERT INTO event_relay (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING', [tenantId]);
    const rows = await tx.query(NUMBER, [tenantId, PORTION]);
    return rows.length;
  }

  private async relayOrWarning(): Promise<void> {
    try {
      await this.relay();
    } catch (error) {
      this.warn(error);
    }
  }

  private warn(error: unknown): number {
    this.logger.warn(`Events were not numbered and will be later: ${String(error)}`);
    return 0;
  }
}

import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../../platform/clock/clock';
import { Database } from '../../platform/database/database';

/** How often it is looked whether there is anything to write. */
const FLUSH_MS = 10_000;

/** Locked by id, as two replicas may write the same tokens. One that was written within the minute is left alone. */
const WRITE = `
  WITH used AS (
    SELECT g.id, u.at FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS u (id, tenant_id, at)
      JOIN gateway_token g ON g.id = u.id AND g.tenant_id = u.tenant_id
     WHERE g.last_used_at IS NULL OR g.last_used_at <= u.at - interval '1 minute'
     ORDER BY g.id FOR UPDATE OF g)
  UPDATE gateway_token g SET last_used_at = used.at FROM used
   WHERE g.tenant_id = ANY ($2::bigint[]) AND g.id = used.id`;

/** When each gateway token let a device in last: at most a minute old, and never written on the way of a request. */
@Injectable()
export class GatewayTokenUseService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(GatewayTokenUseService.name);
  private used = new Map<string, { readonly tenantId: string; readonly at: Date }>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Remembers that the token let somebody in now. Cheap: no I/O. */
  note(tenantId: string, id: string): void {
    this.used.set(id, { tenantId, at: this.clock.now() });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.flushing = this.flushing.then(() => this.flush());
    }, FLUSH_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flushing;
    await this.flush();
  }

  /** Writes what is noted. A failed write is dropped with a warning: the token is used again. */
  async flush(): Promise<void> {
    if (this.used.size === 0) return;
    const rows = [...this.used];
    this.used = new Map();
    try {
      await this.database.query(WRITE, [
        rows.map(([id]) => id),
        rows.map(([, { tenantId }]) => tenantId),
        rows.map(([, { at }]) => at),
      ]);
    } catch (error) {
      this.logger.warn(`the last use of ${rows.length} gateway tokens was not written: ${String(error)}`);
    }
  }
}

import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '../../platform/clock/clock';
import { Database } from '../../platform/database/database';

const FLUSH_MS = 1000;
/** Rows per statement: 5 000 took 97 ms when measured. */
const MAX_ROWS = 5000;

/** By the device's id, and locked in that order as {@link PresenceService.flush} locks. */
const FORGET = `
  WITH kept AS (
    SELECT device_id FROM device_presence WHERE tenant_id = $1 AND device_id > $2 AND address IS NOT NULL
     ORDER BY device_id LIMIT $3 FOR UPDATE),
  forgotten AS (
    UPDATE device_presence p SET address = NULL FROM kept WHERE p.tenant_id = $1 AND p.device_id = kept.device_id)
  SELECT max(device_id) AS last FROM kept`;

/** One sighting of a device. */
export interface Seen {
  readonly tenantId: string;
  readonly address: string;
  readonly userAgent: string;
}

/**
 * When each device was last heard of. Written once a second in one statement, since a write per poll would cost six
 * times the poll itself; a crash loses the last second, which nobody was promised.
 */
@Injectable()
export class PresenceService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(PresenceService.name);
  private seen = new Map<string, Seen & { readonly at: Date }>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Remembers that the device was heard of now. Cheap: no I/O. */
  note(deviceId: string, { tenantId, address, userAgent }: Seen): void {
    this.seen.set(deviceId, { tenantId, at: this.clock.now(), address, userAgent });
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

  /** Writes what is noted. A failed write is dropped with a warning: the devices poll again. */
  async flush(): Promise<void> {
    if (this.seen.size === 0) return;
    const rows = [...this.seen.entries()];
    this.seen = new Map();
    try {
      for (let start = 0; start < rows.length; start += MAX_ROWS)
        await this.write(rows.slice(start, start + MAX_ROWS));
    } catch (error) {
      this.logger.warn(`${rows.length} last-seen times were not written: ${String(error)}`);
    }
  }

  /** Forgets where the tenant's devices came from; a tenant that keeps no addresses gets no new ones either. */
  async forgetAddresses(tenantId: string): Promise<void> {
    let after: string | undefined = '0';
    while (after !== undefined) {
      const rows: { last: string | null }[] = await this.database.query<{ last: string | null }>(FORGET, [
        tenantId,
        after,
        MAX_ROWS,
      ]);
      after = rows[0]?.last ?? undefined;
    }
  }

  private async write(rows: [string, Seen & { readonly at: Date }][]): Promise<void> {
    // Sorted by id, so that two replicas that flush the same devices lock the rows in the same order.
    rows.sort(([a], [b]) => Number(a) - Number(b));
    await this.database.prepared(
      'presence-flush',
      `UPDATE device_presence p SET last_seen_at = greatest(p.last_seen_at, s.at), address = CASE WHEN t.keeps_addresses IS NOT FALSE THEN s.address END,
              user_agent = s.user_agent
         FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[])
              AS s (device_id, tenant_id, at, address, user_agent)
         LEFT JOIN tenant_settings t ON t.tenant_id = s.tenant_id
        WHERE p.device_id = s.device_id AND p.tenant_id = s.tenant_id`,
      [
        rows.map(([deviceId]) => deviceId),
        rows.map(([, one]) => one.tenantId),
        rows.map(([, one]) => one.at),
        rows.map(([, one]) => addressUri(one.address)),
        rows.map(([, one]) => one.userAgent),
      ],
    );
  }
}

/** As hawkBit tells addresses, and as filters compare them: `http://192.0.2.1`, `http://[2001:db8::1]`. */
function addressUri(address: string): string {
  return `http://${address.includes(':') ? `[${address}]` : address}`;
}

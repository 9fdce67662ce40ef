import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../clock/clock';
import { Database } from './database';

const CLOCK_MS = 30_000;
const PARTITIONS_MS = 6 * 3_600_000;
const PARTITIONED = ['action_log', 'event'];
const MONTHS_AHEAD = 2;

/** Keeps the clock on the database's time and the coming months' partitions in place. */
@Injectable()
export class UpkeepService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(UpkeepService.name);
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.synchroniseClock();
    // Without a month's partition rows go to the rest partition: no reason to stay down.
    await this.ensurePartitions().catch((error: unknown) => this.warn(error));
    this.every(CLOCK_MS, () => this.synchroniseClock());
    this.every(PARTITIONS_MS, () => this.ensurePartitions());
  }

  beforeApplicationShutdown(): void {
    this.timers.forEach((timer) => clearInterval(timer));
  }

  /** Asks the database what time it is. Readiness looks at the skew that this finds. */
  async synchroniseClock(): Promise<void> {
    const startedMs = this.clock.monotonicMs();
    const [row] = await this.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (row !== undefined) this.clock.synchronise(row.now.getTime(), this.clock.monotonicMs() - startedMs);
  }

  private async ensurePartitions(): Promise<void> {
    for (const parent of PARTITIONED) {
      await this.database.query('SELECT ensure_month_partitions($1, $2)', [parent, MONTHS_AHEAD]);
    }
  }

  /** What fails now is tried again next time; rows without a month's partition go to the rest partition. */
  private every(intervalMs: number, work: () => Promise<void>): void {
    const run = (): void => void work().catch((error: unknown) => this.warn(error));
    this.timers.push(setInterval(run, intervalMs));
  }

  private warn(error: unknown): void {
    this.logger.warn(`Upkeep failed and is tried again later: ${String(error)}`);
  }
}

import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock';
import { UpkeepService } from '../../platform/database/upkeep.service';
import { BlobStore } from '../../platform/storage/blob-store';

/** Replicas that disagree on the time would open windows and end deadlines at different moments. */
const MAX_SKEW_MS = 2000;

/** For load balancers and people: is the process there, and can it do its work? */
@Controller()
export class HealthController {
  constructor(
    private readonly upkeep: UpkeepService,
    private readonly clock: Clock,
    private readonly store: BlobStore,
  ) {}

  @Get('healthz')
  alive(): { status: string } {
    return { status: 'alive' };
  }

  /** 503 names what is not ready. */
  @Get('readyz')
  async ready(): Promise<{ status: string; checks: Record<string, string> }> {
    const checks = {
      database: await outcome(() => this.upkeep.synchroniseClock()),
      storage: await outcome(() => this.store.checkWritable()),
      clock: this.clockCheck(),
    };
    const isReady = Object.values(checks).every((check) => check === 'ok');
    if (!isReady) throw new ServiceUnavailableException({ status: 'not ready', checks });
    return { status: 'ready', checks };
  }

  private clockCheck(): string {
    const skewMs = Math.round(this.clock.skewMs);
    return Math.abs(skewMs) <= MAX_SKEW_MS ? 'ok' : `${skewMs} ms off the database's clock`;
  }
}

/** The reason is for operators and names no secret; details are in the log. */
async function outcome(check: () => Promise<void>): Promise<string> {
  try {
    await check();
    return 'ok';
  } catch (error) {
    return `not available (${error instanceof Error ? error.name : 'error'})`;
  }
}

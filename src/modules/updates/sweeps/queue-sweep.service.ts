import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database } from '../../../platform/database/database';
import { ActionsService } from '../../actions/actions.service';
import { DevicesService } from '../../devices/devices.service';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';

const SWEEP_MS = 60_000;

/**
 * A queued action is shown when the one before it ends, in the same transaction. A replica of a version that knew no queue
 * ends actions without looking for the next: here those left behind are found, once a minute.
 */
@Injectable()
export class QueueSweepService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(QueueSweepService.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly devices: DevicesService,
    private readonly settings: TenantSettingsService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) =>
        this.logger.warn(`Queued actions were not looked after and will be later: ${String(error)}`),
      );
    }, SWEEP_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Shows the devices their next actions; answers with how many had been left behind. */
  async sweep(): Promise<number> {
    const left = await this.actions.listLeftBehind();
    for (const { tenantId, deviceId } of left) {
      await this.database.transaction(async (tx) => {
        if ((await this.devices.lockInstalled(tx, tenantId, deviceId)) === undefined) return;
        const { deadlines } = await this.settings.read(tx, tenantId);
        await this.actions.exposeNext(tx, tenantId, deviceId, deadlines);
      });
    }
    return left.length;
  }
}

import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database } from '../../platform/database/database';
import { MicroBatch } from '../../platform/database/micro-batch';
import { restarting } from '../../platform/database/restarting';
import type { RecognisedClient } from './device/client';
import { deviceFilter } from './device/device-filter';
import { NewcomersRepository, type RecognisedDevice, type SeenName } from './newcomers.repository';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

/** Devices that were never seen, how they come in, and what they turn out to run. */
@Injectable()
export class NewcomersService {
  private readonly seen = new MicroBatch<SeenName, void>((names) => this.makeSeen(names), MAX_BATCH);

  private readonly recognised = new MicroBatch<RecognisedDevice, void>(
    (devices) => this.saveClients(devices),
    MAX_BATCH,
  );

  constructor(
    private readonly database: Database,
    private readonly newcomers: NewcomersRepository,
  ) {}

  /**
   * Plug and play: a poll of an unknown device through a gateway makes it. Repeats and races make one. When a whole fleet
   * comes at once, those that come in while some are being made are made together. A device that is to wait is not made while
   * ten thousand of its tenant do.
   */
  async register(name: SeenName): Promise<void> {
    await this.seen.load(name);
  }

  /** The device runs this client; what it may be offered is decided anew. A fleet that changes at once is written together. */
  async recognise(tenantId: string, id: string, client: RecognisedClient): Promise<void> {
    await this.recognised.load({ tenantId, id, client });
  }

  /** Lets in those of the named devices that are not in yet. Answers with their ids. */
  async approveNamed(actor: Actor, controllerIds: readonly string[]): Promise<string[]> {
    return this.database.transaction((tx) => this.newcomers.approveNamed(tx, actor, controllerIds));
  }

  /** Lets in the first `most` devices that wait and that the filter finds. @throws RsqlError */
  async approveWaiting(actor: Actor, q: string | undefined, most: number): Promise<string[]> {
    const filter = q === undefined ? undefined : deviceFilter(q);
    return this.database.transaction((tx) => this.newcomers.approveWaiting(tx, actor, filter, most));
  }

  private async makeSeen(names: readonly SeenName[]): Promise<undefined[]> {
    await restarting(() => this.newcomers.insertSeen(names, 'plug-and-play', 'device.registered'));
    return names.map(() => undefined);
  }

  private async saveClients(devices: readonly RecognisedDevice[]): Promise<undefined[]> {
    await restarting(() => this.newcomers.saveClients(devices, 'device.recognised'));
    return devices.map(() => undefined);
  }
}

import { systemActor } from '../../src/platform/actor/actor';
import { FeedsService } from '../../src/modules/devices/feeds/feeds.service';
import type { RolloutWish } from '../../src/modules/rollouts/rollout/rollout-wish';
import { RolloutsService } from '../../src/modules/rollouts/rollouts.service';
import { ReceivingService } from '../../src/modules/releases/receiving.service';
import { ReleasesService } from '../../src/modules/releases/releases.service';
import { FleetService } from '../../src/modules/updates/orders/fleet.service';
import { ActionsService } from '../../src/modules/actions/actions.service';
import { BlobStore } from '../../src/platform/storage/blob-store';
import { sampleBundle } from '../../src/cli/demo/staging/sample-bundle';
import { DdiDevice } from './ddi-device';
import type { TestRookery } from './rookery-app';

/** The services of a test's server, acting as its first tenant. */
export class Fleet {
  readonly actor = systemActor('1');

  constructor(readonly rookery: TestRookery) {}

  device(controllerId: string): DdiDevice {
    return new DdiDevice(this.rookery.url, controllerId, `GatewayToken ${this.rookery.gatewayToken}`);
  }

  /** A device that polled and told what it is. */
  async registered(controllerId: string, attributes: Record<string, string> = {}): Promise<DdiDevice> {
    const device = this.device(controllerId);
    await device.poll();
    await device.configData({ board: 'my-board', hw_revision: 'rev4.2', sw_version: '0.9', ...attributes });
    return device;
  }

  async release(
    version: string,
    options: { name?: string; compatibility?: string; content?: Buffer; fileName?: string } = {},
  ): Promise<string> {
    const {
      name = 'firmware',
      compatibility = 'my-board:*',
      fileName = `${name}.bin`,
      content = bytesOf(fileName, version),
    } = options;
    const releases = this.rookery.app.get(ReleasesService);
    const receiving = this.rookery.app.get(ReceivingService);
    const file = await receiving.receive(this.actor, { fileName, stream: chunks(content) }, 2 ** 30);
    const { release } = await releases.create(this.actor, { name, version, compatibility }, [file]);
    return release.id;
  }

  /** A rollout on the default feed, started. A device's word is enough, unless the wish says otherwise. */
  async rollout(releaseId: string, wish: Partial<RolloutWish> = {}): Promise<string> {
    const rollouts = this.rookery.app.get(RolloutsService);
    const name = `rollout of ${releaseId}`;
    const { id } = await rollouts.create(this.actor, {
      ...{ name, feed: 'default', releaseId, confirms: 'report', ...wish },
    });
    await rollouts.tell(this.actor, id, 'start');
    return id;
  }

  get rollouts(): RolloutsService {
    return this.rookery.app.get(RolloutsService);
  }

  get fleet(): FleetService {
    return this.rookery.app.get(FleetService);
  }

  get actions(): ActionsService {
    return this.rookery.app.get(ActionsService);
  }

  get releases(): ReleasesService {
    return this.rookery.app.get(ReleasesService);
  }

  get store(): BlobStore {
    return this.rookery.app.get(BlobStore);
  }

  get feeds(): FeedsService {
    return this.rookery.app.get(FeedsService);
  }

  async stateOf(actionId: string): Promise<string> {
    return (await this.actions.get(this.actor, actionId)).state;
  }

  /** What the rollout's counters must be: counted anew from the history. */
  async countedFromHistory(rolloutId: string): Promise<Record<string, number>> {
    const rows = await this.rookery.database.query<{ state: string; devices: number }>(
      `SELECT state, count(*)::int AS devices FROM (
         SELECT DISTINCT ON (device_id) state FROM action WHERE tenant_id = 1 AND rollout_id = $1
          ORDER BY device_id, id DESC) AS latest GROUP BY state`,
      [rolloutId],
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.devices]));
  }

  /** Slots that are taken, by the lanes and by the open actions; the two must agree. */
  async slots(rolloutId: string): Promise<{ taken: number; open: number }> {
    const [row] = await this.rookery.database.query<{ taken: number; open: number }>(
      `SELECT (SELECT coalesce(sum(in_flight), 0)::int FROM rollout_lane WHERE tenant_id = 1 AND rollout_id = $1) AS taken,
              (SELECT count(*)::int FROM action WHERE tenant_id = 1 AND rollout_id = $1 AND ended_at IS NULL) AS open`,
      [rolloutId],
    );
    return row ?? { taken: -1, open: -1 };
  }
}

/** Of a .swu the server reads what is in it. */
function bytesOf(fileName: string, version: string): Buffer {
  const bytes = Buffer.from(`bytes of ${fileName} ${version}`);
  return /\.swu$/i.test(fileName) ? sampleBundle(version, bytes) : bytes;
}

async function* chunks(content: Buffer): AsyncIterable<Buffer> {
  await Promise.resolve();
  yield content;
}

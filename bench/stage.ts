import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ARTIFACT_BYTES, writeArtifact } from './artifact';
import type { Cluster } from './cluster';
import type { BenchDatabase } from './database';
import type { Fleet } from './fleets/fleet';
import { Management } from './management';
import { startRawServer, startRookery, type Server } from './processes';
import { ROOKERY } from './standing';
import { track } from './statements';
import type { Workbench } from './workbench';

/** What a stage is set up with. */
export interface StageOrder {
  readonly name: string;
  readonly fleet: Fleet;
  readonly devices: number;
  /** Other builds' `main.js`, to be measured in turns with this one. */
  readonly against: readonly string[];
  /** Where V8 leaves a CPU profile of the server. */
  readonly profile: string | undefined;
}

/** A database with a fleet, and the servers that are asked about it. Several scenarios may play on one. */
export class Stage {
  /** The first number that no device has had yet: each newcomer takes one. */
  nextNewcomer: number;

  private constructor(
    readonly database: BenchDatabase,
    readonly raw: Server,
    /** This build, then those it is measured against. */
    readonly rookeries: readonly [Server, ...Server[]],
    readonly management: Management,
    readonly access: { readonly gatewayToken: string; readonly apiToken: string; readonly devices: number },
  ) {
    this.nextNewcomer = access.devices + 1;
  }

  static async set(workbench: Workbench, cluster: Cluster, order: StageOrder): Promise<Stage> {
    const { devices, fleet } = order;
    const database = await cluster.createDatabase(workbench, order.name);
    await track(database, 'none');
    const apiToken = randomBytes(24).toString('hex');
    const gatewayToken = randomBytes(24).toString('hex');
    const shared = {
      databaseUrl: database.url,
      // All builds share the artifacts too.
      dataDir: join(workbench.folder, order.name),
      apiToken,
      gatewayToken,
    };
    const rookery = await startRookery(workbench, { ...shared, name: ROOKERY, profile: order.profile });
    const others: Server[] = [];
    for (const [index, main] of order.against.entries())
      others.push(await startRookery(workbench, { ...shared, name: `against-${index + 1}`, main }));
    const artifact = await writeArtifact(workbench.folder, ARTIFACT_BYTES);
    const raw = await startRawServer(workbench, artifact);
    const management = new Management(rookery.port, apiToken);
    const access = { gatewayToken, apiToken, devices };
    const stage = new Stage(database, raw, [rookery, ...others], management, access);
    await fleet.seed(stage);
    await database.settle();
    return stage;
  }

  get devices(): number {
    return this.access.devices;
  }
}

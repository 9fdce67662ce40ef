import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ARTIFACT_BYTES, writeArtifact } from './artifact';
import type { Cluster } from './cluster';
import type { BenchDatabase } from './database';
import { Management } from './management';
import { startNginx } from './nginx';
import { startRawServer, startRookery, type Server } from './processes';
import { ROOKERY } from './standing';
import { track } from './statements';
import type { Workbench } from './workbench';

/** How a fleet is made. Scenarios that name the same fleet in the same size share one. */
export interface Fleet {
  readonly name: string;
  /** How large the artifact is that it may be offered; 1 MiB when not told. */
  readonly artifactBytes?: number;
  /** Makes `stage.devices` devices on an empty, migrated database with the servers running. */
  readonly seed: (stage: Stage) => Promise<void>;
}

/** What a stage is set up with. */
export interface StageOrder {
  readonly name: string;
  readonly fleet: Fleet;
  readonly devices: number;
  /** Other builds' `main.js`, to be measured in turns with this one. */
  readonly against: readonly string[];
  /** Where nginx is, if it is. */
  readonly nginx: string | undefined;
  /** Where V8 leaves a CPU profile of the server. */
  readonly profile: string | undefined;
}

/** What the load generator has to know. */
interface Access {
  readonly gatewayToken: string;
  readonly apiToken: string;
  readonly devices: number;
  readonly artifactBytes: number;
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
    readonly access: Access,
    /** In front of this build, and with the artifact as a file of its own. */
    readonly nginx: Server | undefined,
  ) {
    this.nextNewcomer = access.devices + 1;
  }

  static async set(workbench: Workbench, cluster: Cluster, order: StageOrder): Promise<Stage> {
    const { devices, fleet, nginx: program } = order;
    const { artifactBytes = ARTIFACT_BYTES } = fleet;
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
    const artifact = await writeArtifact(workbench.folder, artifactBytes);
    const raw = await startRawServer(workbench, artifact);
    const management = new Management(rookery.port, apiToken, artifactBytes);
    const access = { gatewayToken, apiToken, devices, artifactBytes };
    const { dataDir } = shared;
    const nginx =
      program === undefined
        ? undefined
        : await startNginx(workbench, { program, artifact, rookery, dataDir });
    const stage = new Stage(database, raw, [rookery, ...others], management, access, nginx);
    await fleet.seed(stage);
    await database.settle();
    return stage;
  }

  get devices(): number {
    return this.access.devices;
  }
}

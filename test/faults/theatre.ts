import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedFleet } from '../../src/cli/simulator/fleet';
import type { FleetOptions } from '../../src/cli/simulator/fleet-settings';
import { entrust, release } from '../e2e/support/caretaker';
import { Management } from '../e2e/support/management';
import { NetworkLink } from '../e2e/support/network-link';
import { RookeryProcess } from '../e2e/support/rookery-process';
import { BroughtPostgres } from './brought-postgres';
import { OwnPostgres } from './own-postgres';
import type { Postgres } from './postgres';
import { ReleaseTrain, type RolloutTerms } from './release-train';

/** What stands on the stage. */
export interface Setting {
  /** `brought`: the embedded Postgres of `npm start`, for one instance. `own`: one beside it, which we start and kill. */
  readonly postgres: 'brought' | 'own';
  readonly instances?: number;
  /** Puts a link between the instances and Postgres; needs `own`. */
  readonly linksPostgres?: boolean;
  /** Of an `own` one. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Lets the devices speak to the instances without a link, which could not carry thousands of them. */
  readonly isDirect?: boolean;
}

const LAST_WORDS = 3_000;

function secret(): string {
  return randomBytes(24).toString('hex');
}

/** One or more instances of the built server on one Postgres, links in front of them, and the devices. */
export class Theatre {
  /** One in front of each instance: what devices should use. */
  readonly links: NetworkLink[] = [];
  readonly servers: RookeryProcess[] = [];
  readonly fleets: SimulatedFleet[] = [];
  readonly token = secret();
  readonly gatewayToken = secret();
  private readonly ends: (() => Promise<unknown>)[] = [];
  private currentPostgres: Postgres | undefined;
  private link: NetworkLink | undefined;

  private constructor(private readonly setting: Setting) {}

  static async open(setting: Setting): Promise<Theatre> {
    const theatre = new Theatre(setting);
    try {
      if (setting.postgres === 'own') await theatre.setUpOwn();
      else await theatre.setUpBrought();
    } catch (failure) {
      await theatre.close();
      throw failure;
    }
    return theatre;
  }

  get postgres(): Postgres {
    if (this.currentPostgres === undefined) throw new Error('the theatre is not open');
    return this.currentPostgres;
  }

  /** Between the instances and Postgres. */
  get databaseLink(): NetworkLink {
    if (this.link === undefined) throw new Error('nothing stands between Rookery and Postgres');
    return this.link;
  }

  /** The first instance, spoken to directly. */
  get server(): RookeryProcess {
    const [server] = this.servers;
    if (server === undefined) throw new Error('the theatre is not open');
    return server;
  }

  get management(): Management {
    return new Management(this.server.url, this.token);
  }

  /** Simulated devices. Not started. */
  fleet(options: Omit<FleetOptions, 'url' | 'gatewayToken'>): SimulatedFleet {
    const url = (this.setting.isDirect === true ? this.servers : this.links).map((one) => one.url);
    const fleet = new SimulatedFleet({
      url,
      gatewayToken: this.gatewayToken,
      marksReports: true,
      ...options,
    });
    this.fleets.push(fleet);
    return fleet;
  }

  async train(releases: number, sizeBytes: number, terms?: RolloutTerms): Promise<ReleaseTrain> {
    const train = new ReleaseTrain(this.management, sizeBytes, terms);
    await train.load(releases);
    return train;
  }

  /** While an outage is announced, devices take "come back later" for no fault. */
  announceOutage(isOutage: boolean): void {
    for (const fleet of this.fleets) fleet.announceOutage(isOutage);
  }

  /** What the servers logged as errors, and the last words of those that ended, for whoever has to find out. */
  get errors(): string[] {
    return this.servers.flatMap((server) => [
      ...server.output.split('\n').filter((line) => /"level":(?:50|60)|^Rookery cannot/.test(line)),
      ...(server.isRunning ? [] : [`the server has ended: ${server.output.slice(-LAST_WORDS)}`]),
    ]);
  }

  async close(): Promise<void> {
    for (const fleet of this.fleets) fleet.stop();
    for (const end of this.ends.reverse()) await end();
    this.ends.length = 0;
  }

  private async setUpOwn(): Promise<void> {
    const { instances = 1, linksPostgres = false } = this.setting;
    const postgres = await OwnPostgres.start(this.setting.postgresSettings);
    this.currentPostgres = postgres;
    this.ends.push(() => postgres.discard());
    let databaseUrl = postgres.url;
    if (linksPostgres) {
      this.link = await this.newLink(postgres.url);
      databaseUrl = this.link.through;
    }
    const dataDir = await this.makeFolder();
    for (let instance = 0; instance < instances; instance += 1)
      await this.addServer({ databaseUrl, dataDir });
  }

  private async setUpBrought(): Promise<void> {
    const server = await this.addServer({});
    this.currentPostgres = new BroughtPostgres(server.dataDir);
  }

  private async addServer(place: { databaseUrl?: string; dataDir?: string }): Promise<RookeryProcess> {
    const server = await RookeryProcess.start({
      ...place,
      bootstrapToken: this.token,
      gatewayToken: this.gatewayToken,
      settings: { ROOKERY_LOG_LEVEL: 'warn' },
    });
    this.servers.push(server);
    this.ends.push(() => server.discard());
    this.links.push(await this.newLink(server.url));
    return server;
  }

  private async newLink(url: string): Promise<NetworkLink> {
    const link = await NetworkLink.to(url);
    this.ends.push(() => link.close());
    return link;
  }

  private async makeFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-theatre-'));
    entrust({ folder });
    await chmod(folder, 0o755);
    this.ends.push(async () => {
      await rm(folder, { recursive: true, force: true });
      release({ folder });
    });
    return folder;
  }
}

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { Management } from '../e2e/support/management';
import { RookeryProcess } from '../e2e/support/rookery-process';
import { connect } from '../faults/connection';
import { OwnPostgres } from '../faults/own-postgres';
import { arrange } from './arrangement';
import type { Place } from './exchange';
import { Journal } from './journal';
import type { World } from './world';

/** From here come the requests of the reverse proxy that the server trusts. */
const PROXY_ADDRESS = '127.0.0.222';
/** Always the same, so that requests are. */
const GATEWAY_TOKEN = 'rkg_the-gateway-of-all-fuzzed-devices';

const BUSY = `SELECT count(*) AS busy FROM pg_stat_activity WHERE application_name = 'rookery' AND state <> 'idle'`;

const secret = (): string => randomBytes(24).toString('hex');

/** The built server on a Postgres of its own, with devices in all states and a journal of every change. */
export class Arena {
  private constructor(
    readonly postgres: OwnPostgres,
    readonly server: RookeryProcess,
    readonly client: Client,
    readonly world: World,
    readonly journal: Journal,
  ) {}

  static async open(devicesPerState: number): Promise<Arena> {
    const ends: (() => Promise<unknown>)[] = [];
    try {
      // Nothing here is about what outlives a crash, so nothing waits for the disk.
      const postgres = await OwnPostgres.start({ fsync: 'off', synchronous_commit: 'off' });
      ends.push(() => postgres.discard());
      const token = secret();
      const server = await RookeryProcess.start({
        databaseUrl: postgres.url,
        bootstrapToken: token,
        gatewayToken: GATEWAY_TOKEN,
        settings: {
          ROOKERY_LOG_LEVEL: 'warn',
          ROOKERY_TRUSTED_PROXIES: PROXY_ADDRESS,
          // All requests come from one address, and a refusal at the door would spare what lies behind it.
          ROOKERY_DDI_FAILURES_PER_DEVICE: '0',
          ROOKERY_DDI_FAILURES_PER_NETWORK: '0',
          // It notes when it has read a file: a change that no request brought about.
          ROOKERY_SCRUB_RATE: '0',
        },
      });
      ends.push(() => server.discard());
      const client = await connect(postgres.url);
      ends.push(() => client.end());
      const management = new Management(server.url, token);
      const world = await arrange({
        url: server.url,
        management,
        gatewayToken: GATEWAY_TOKEN,
        devicesPerState,
      });
      return new Arena(postgres, server, client, world, await Journal.begin(client));
    } catch (error) {
      for (const end of ends.reverse()) await end().catch(() => undefined);
      throw error;
    }
  }

  get place(): Place {
    return { port: Number(new URL(this.server.url).port), proxyAddress: PROXY_ADDRESS };
  }

  /** What the server logged as an error or as a warning. */
  get complaints(): string[] {
    return this.server.output
      .split('\n')
      .filter((line) => /"level":(?:40|50|60)|^Rookery cannot|Warning: /.test(line));
  }

  /** Waits until nothing is under way any more, also of requests whose answers nobody hears. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      const answer = await fetch(`${this.server.url}/healthz`);
      await answer.arrayBuffer();
      const { rows } = await this.client.query<{ busy: string }>(BUSY);
      quiet = rows[0]?.busy === '0' ? quiet + 1 : 0;
    }
  }

  /** What the process of the server keeps in memory. Undefined where the kernel does not tell. */
  get residentMiB(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.server.pid ?? 'self'}/status`, 'utf8');
      return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
    await this.server.discard();
    await this.postgres.discard();
  }
}

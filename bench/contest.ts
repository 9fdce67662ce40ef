import { setTimeout as pause } from 'node:timers/promises';
import { cpuMs, familyCpuMs, residentBytes } from './accounting';
import type { BenchDatabase } from './database';
import { figureOf, type Figure } from './figures';
import type { Load, RoundOrder } from './load';
import type { Server } from './processes';

/** How long after the last answer a server may still be writing what the answers caused (last-seen: once a second). */
const SETTLE_MS = 1500;
/** After this long idle, Postgres has counted every transaction. */
const STATISTICS_MS = 11_000;

/** What one server took part in: a name for the table, whom to ask, and the database whose cost is its own. */
export interface Contestant {
  readonly server: Server;
  /** Absent: it uses none. */
  readonly database?: BenchDatabase;
}

/** Costs per request over the rounds; microseconds are CPU, not wall time. */
export interface Standing {
  readonly name: string;
  readonly nodeCpuUs: Figure;
  readonly postgresCpuUs: Figure;
  /** (Node + Postgres) of this server, by that of the first one in the same round. */
  readonly ratio: Figure;
  readonly requestsPerSecond: Figure;
  readonly p50Ms: Figure;
  readonly p99Ms: Figure;
  readonly walBytes: Figure;
  readonly residentMiB: Figure;
}

/** Standings, and what can only be told of the whole run. */
export interface Outcome {
  readonly standings: readonly Standing[];
  /** SQL transactions per request, of all servers on the database together. */
  readonly transactionsPerRequest: number;
}

type Order = Omit<RoundOrder, 'topic'> & { readonly topic: Omit<RoundOrder['topic'], 'port'> };
type Sample = { readonly [K in Exclude<keyof Standing, 'name' | 'ratio'>]: number } & {
  readonly requests: number;
};

/**
 * Lets several servers answer the same load in turns (a, b, c, a, b, c …), so that what else happens on the machine hits
 * all alike. The first is the yardstick. A round before the first is not counted: it warms caches and the compiler.
 */
export class Contest {
  constructor(
    private readonly load: Load,
    private readonly contestants: readonly Contestant[],
    private readonly onRound: (text: string) => void,
  ) {}

  async run(order: Order, rounds: number): Promise<Outcome> {
    const samples = this.contestants.map((): Sample[] => []);
    const database = this.contestants.find((one) => one.database !== undefined)?.database;
    const transactionsBefore = (await database?.transactions()) ?? 0;
    let requests = 0;
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, contestant] of this.contestants.entries()) {
        const sample = await this.measure(contestant, order);
        if (contestant.database !== undefined) requests += sample.requests;
        this.tell(round, contestant, sample);
        if (round > 0) samples[index]?.push(sample);
      }
    }
    if (database !== undefined) await pause(STATISTICS_MS);
    const transactions = ((await database?.transactions()) ?? 0) - transactionsBefore;
    return {
      standings: this.contestants.map(({ server }, index) =>
        standingOf(server.name, samples[index] ?? [], samples[0] ?? []),
      ),
      transactionsPerRequest: requests === 0 ? 0 : transactions / requests,
    };
  }

  private async measure({ server, database }: Contestant, order: Order): Promise<Sample> {
    const before = await readMeters(server, database);
    const report = await this.load.round({ ...order, topic: { ...order.topic, port: server.port } });
    await pause(SETTLE_MS);
    // A round also pays for bringing to disk what it changed, and the next one finds clean pages.
    await database?.query('CHECKPOINT');
    const after = await readMeters(server, database);
    const { requests, seconds, p50Ms, p99Ms } = report;
    return {
      requests,
      nodeCpuUs: ((after.nodeMs - before.nodeMs) * 1000) / requests,
      postgresCpuUs: ((after.postgresMs - before.postgresMs) * 1000) / requests,
      requestsPerSecond: requests / seconds,
      p50Ms,
      p99Ms,
      walBytes: (after.walBytes - before.walBytes) / requests,
      residentMiB: residentBytes(server.pid) / 2 ** 20,
    };
  }

  private tell(round: number, { server }: Contestant, sample: Sample): void {
    const name = `${round === 0 ? 'warm-up' : `round ${round}`}  ${server.name.padEnd(8)}`;
    const cpu = `${sample.nodeCpuUs.toFixed(1)} + ${sample.postgresCpuUs.toFixed(1)} µs`;
    this.onRound(`${name}  ${String(sample.requests).padStart(8)} requests  ${cpu}`);
  }
}

interface Meters {
  readonly nodeMs: number;
  readonly postgresMs: number;
  readonly walBytes: number;
}

async function readMeters(server: Server, database: BenchDatabase | undefined): Promise<Meters> {
  return {
    walBytes: (await database?.walBytes()) ?? 0,
    nodeMs: cpuMs(server.pid),
    postgresMs: database === undefined ? 0 : familyCpuMs(database.pid),
  };
}

function standingOf(name: string, samples: readonly Sample[], yardstick: readonly Sample[]): Standing {
  const figure = (key: keyof Sample): Figure => figureOf(samples.map((sample) => sample[key]));
  const sum = (sample: Sample | undefined): number =>
    (sample?.nodeCpuUs ?? NaN) + (sample?.postgresCpuUs ?? NaN);
  return {
    name,
    nodeCpuUs: figure('nodeCpuUs'),
    postgresCpuUs: figure('postgresCpuUs'),
    ratio: figureOf(samples.map((sample, round) => sum(sample) / sum(yardstick[round]))),
    requestsPerSecond: figure('requestsPerSecond'),
    p50Ms: figure('p50Ms'),
    p99Ms: figure('p99Ms'),
    walBytes: figure('walBytes'),
    residentMiB: figure('residentMiB'),
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import { cpuMs, familyCpuMs, residentBytes } from './accounting';
import type { Contestant } from './contestant';
import { standingsOf, type Counted, type Sample, type Standing } from './standing';
import { countStatements, REPORT_MS } from './statements';

/** Caches and the compiler are warm before the length of a round is over. */
const WARM_UP_SHARE = 0.5;

/** How the rounds go. */
export interface Rules {
  /** Rounds that count, after one that does not. */
  readonly rounds: number;
  /** Length of a full round; a contestant may take less of it. */
  readonly seconds: number;
  /** How long after the last answer a server may still be writing what the answers caused. */
  readonly settleMs: number;
  /** Whether to wait until Postgres has counted the transactions: 11 s for each server. */
  readonly countsTransactions: boolean;
}

/**
 * Lets several contestants do the same work in turns (a, b, c, a, b, c …), so that what else happens on the machine hits
 * all alike. The first is the yardstick. A round before the first is not measured: it warms caches and the compiler, and
 * there Postgres counts the statements.
 */
export class Contest {
  private readonly counted = new Map<Contestant, Counted>();
  /** The servers have been idle since, but for their own rounds here. */
  private readonly startMs = performance.now();

  constructor(
    private readonly contestants: readonly Contestant[],
    private readonly rules: Rules,
    private readonly tell: (text: string) => void,
  ) {}

  async run(): Promise<Standing[]> {
    const samples = new Map(this.contestants.map((one): [Contestant, Sample[]] => [one, []]));
    for (const contestant of this.contestants) await this.warmUp(contestant);
    for (let round = 1; round <= this.rules.rounds; round += 1) {
      for (const contestant of this.contestants) {
        const sample = await this.measure(contestant);
        samples.get(contestant)?.push(sample);
        this.tell(lineOf(`round ${round}`, contestant, sample));
      }
    }
    return standingsOf(samples, this.counted);
  }

  private async warmUp(contestant: Contestant): Promise<void> {
    const { database, pid, isCounted, share } = contestant;
    const { seconds, countsTransactions } = this.rules;
    await contestant.ready?.();
    await contestant.rehearse?.(share * seconds * WARM_UP_SHARE);
    let units = 0;
    const drive = async (): Promise<void> => {
      ({ units } = await contestant.drive(share * seconds * WARM_UP_SHARE));
      await pause(this.settleMsOf(contestant));
    };
    if (database === undefined || !isCounted) return drive();
    // What drives Postgres directly leaves no idle connections behind that still have to report.
    const hasPool = countsTransactions && pid !== undefined;
    if (hasPool) await pause(Math.max(0, this.startMs + REPORT_MS - performance.now()));
    const count = await countStatements(database, hasPool, drive);
    this.counted.set(contestant, { ...count, units });
  }

  private async measure(contestant: Contestant): Promise<Sample> {
    const { database, pid, loadPid } = contestant;
    await contestant.ready?.();
    const before = await this.readMeters(contestant);
    const report = await contestant.drive(contestant.share * this.rules.seconds);
    const loadMs = loadPid === undefined ? 0 : cpuMs(loadPid) - before.loadMs;
    await pause(this.settleMsOf(contestant));
    // A round also pays for bringing to disk what it changed, and the next one finds clean pages.
    await database?.query('CHECKPOINT');
    const after = await this.readMeters(contestant);
    const { units, requests, seconds, p50Ms, p99Ms } = report;
    return {
      units,
      nodeCpuUs: pid === undefined ? undefined : ((after.nodeMs - before.nodeMs) * 1000) / units,
      postgresCpuUs:
        database === undefined ? undefined : ((after.postgresMs - before.postgresMs) * 1000) / units,
      unitsPerSecond: units / seconds,
      requestsPerUnit: requests / units,
      p50Ms,
      p99Ms,
      walBytes: database === undefined ? undefined : (after.walBytes - before.walBytes) / units,
      residentMiB: pid === undefined ? undefined : residentBytes(pid) / 2 ** 20,
      loadCores: loadPid === undefined ? undefined : loadMs / 1000 / seconds,
    };
  }

  private settleMsOf({ pid, database }: Contestant): number {
    return pid === undefined || database === undefined ? 0 : this.rules.settleMs;
  }

  private async readMeters({ database, pid, companionPid, loadPid }: Contestant): Promise<Meters> {
    return {
      walBytes: (await database?.cluster.walBytes()) ?? 0,
      nodeMs: [pid, companionPid].reduce((sum: number, one) => sum + (one === undefined ? 0 : cpuMs(one)), 0),
      postgresMs: database === undefined ? 0 : familyCpuMs(database.cluster.pid),
      loadMs: loadPid === undefined ? 0 : cpuMs(loadPid),
    };
  }
}

interface Meters {
  readonly nodeMs: number;
  readonly postgresMs: number;
  readonly walBytes: number;
  readonly loadMs: number;
}

function lineOf(round: string, { name }: Contestant, sample: Sample): string {
  const { nodeCpuUs = 0, postgresCpuUs = 0, units, unitsPerSecond } = sample;
  const cpu = `${nodeCpuUs.toFixed(1)} + ${postgresCpuUs.toFixed(1)} µs`;
  return `${round}  ${name.padEnd(12)} ${String(units).padStart(8)} at ${unitsPerSecond.toFixed(0)}/s  ${cpu}`;
}

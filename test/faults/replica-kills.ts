import { summarize } from '../../src/cli/simulator/report';
import type { SimulatedFleet } from '../../src/cli/simulator/fleet';
import { commitTimes, goingOnAfter, type GoingOn } from './commit-times';
import { ask } from './connection';
import { judge, type Findings } from './court';
import { killAmidTransaction } from './amid-transaction';
import { auditOnceEach, judgeInstalls, type OnceEach } from './once-each';
import { pause } from './play';
import type { Departure } from './release-train';
import { RolloutWatch } from './rollout-watch';
import { Theatre } from './theatre';

/** When one of the replicas is killed. */
export interface Blow {
  /** Of the devices, when so many are confirmed. */
  readonly atShare: number;
  /** Counted from 0. */
  readonly replica: number;
}

export interface ReplicaWish {
  readonly devices: number;
  readonly seed: number;
  readonly pollMs: number;
  readonly timeScale: number;
  /** Devices under way at most. */
  readonly inFlightCap: number;
  readonly blows: readonly Blow[];
  /** How long a killed replica stays away before it is started again. */
  readonly downMs: number;
  /** How long the whole may take. */
  readonly mostMs: number;
  readonly say: (line: string) => void;
}

/** What a kill did, and how the rollout went on. */
export interface Kill extends Blow {
  readonly confirmed: number;
  readonly inFlight: number;
  /** Whether it had a transaction open that had written. */
  readonly isWithinTransaction: boolean;
  readonly readyAgainAfterMs: number;
  readonly goingOn: GoingOn;
}

export interface ReplicaKills {
  readonly devices: number;
  readonly profiles: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly kills: readonly Kill[];
  /** Transactions that a kill broke off in their middle, by Postgres' own log. */
  readonly brokenTransactions: number;
  /** So often the rollout was looked at while it ran, and the most devices that were under way then. */
  readonly samples: number;
  readonly mostInFlight: number;
  /** Devices that installed twice in the one action, since their report had got no answer. */
  readonly repeatedInstalls: number;
  /** Actions that a device gave up, since a kill cut its download, and that were followed by another. */
  readonly givenUp: number;
  readonly findings: Findings;
}

type Struck = Omit<Kill, 'goingOn'> & { readonly atMs: number };

const RELEASE_BYTES = 60_000;
const LOOK_MS = 400;
const STATUS_MS = 10_000;
const SETTLE_MS = 180_000;
/** How long before and after a kill offers and ends are counted. */
export const SPAN_MS = 5_000;

/** Three waves whose gates are armed; what a device says is not enough. */
const TERMS = {
  confirms: 'version',
  // Of a client whose download was cut and cannot go on, one more.
  attempts: 2,
  waves: [10, 50, 100].map((percentage) => ({
    percentage,
    gate: { successShare: 90, failureShare: 10, sample: 20, soak: '1s' },
  })),
};

/** A staged rollout over a whole fleet on two replicas, of which one is killed with -9 again and again. */
export class ReplicaRollout {
  private readonly struck: Struck[] = [];
  private readonly faults: string[] = [];
  private readonly startedMs = performance.now();

  private constructor(
    readonly theatre: Theatre,
    readonly fleet: SimulatedFleet,
    private readonly rollout: Departure,
    private readonly watch: RolloutWatch,
    private readonly wish: ReplicaWish,
  ) {}

  /** Resolves when every device is known and the rollout runs. */
  static async begin(wish: ReplicaWish): Promise<ReplicaRollout> {
    const postgresSettings = { track_commit_timestamp: 'on' };
    const theatre = await Theatre.open({ postgres: 'own', instances: 2, isDirect: true, postgresSettings });
    try {
      const { devices, seed, pollMs, timeScale, inFlightCap } = wish;
      const train = await theatre.train(1, RELEASE_BYTES, { ...TERMS, inFlightCap });
      const fleet = theatre.fleet({ devices, seed, pollMs, timeScale });
      fleet.start();
      await untilKnown(theatre, wish);
      await train.depart();
      const [rollout] = train.departures;
      if (rollout === undefined) throw new Error('the rollout was not started');
      const { url } = theatre.postgres;
      const watch = await RolloutWatch.begin(url, { id: rollout.rolloutId, cap: inFlightCap }, LOOK_MS);
      return new ReplicaRollout(theatre, fleet, rollout, watch, wish);
    } catch (failure) {
      await theatre.close();
      throw failure;
    }
  }

  /** What the books are asked in the end. */
  get onceEach(): OnceEach {
    const { givenUp } = judgeInstalls(this.fleet.oracle.devices.values());
    return { rolloutId: this.rollout.rolloutId, devices: this.wish.devices, givenUp };
  }

  /** Kills as it was wished, until the rollout is over or there is no time left. */
  async play(): Promise<void> {
    const status = setInterval(() => this.wish.say(this.statusText()), STATUS_MS);
    try {
      for (const blow of this.wish.blows) await this.strike(blow);
      const isOver = await this.watch.until((sample) => this.isOver(sample), this.leftMs());
      if (!isOver) this.faults.push(`the rollout never ended: ${this.statusText()}`);
    } finally {
      clearInterval(status);
    }
    this.wish.say('waiting for the devices to come to rest');
    if (!(await this.fleet.settled(SETTLE_MS))) this.faults.push('some devices never came to rest');
    this.fleet.stop();
    await this.watch.end();
  }

  async judge(): Promise<ReplicaKills> {
    const { theatre, fleet, watch } = this;
    const seconds = Math.round((performance.now() - this.startedMs) / 1000);
    const { byProfile } = summarize(fleet, { isSettled: true, seconds, rssBytes: 0, verdict: undefined });
    const { url, abandonedTransactions } = theatre.postgres;
    const installs = judgeInstalls(fleet.oracle.devices.values());
    const once = await auditOnceEach(url, this.onceEach);
    const times = await commitTimes(url, this.rollout.rolloutId);
    const kills = this.struck.map(({ atMs, ...kill }) => ({
      ...kill,
      goingOn: goingOnAfter(times, atMs, SPAN_MS),
    }));
    const findings = await judge(theatre, fleet);
    const faults = [...this.faults, ...watch.faults, ...installs.faults, ...once, ...findings.faults];
    return {
      ...{ devices: this.wish.devices, profiles: byProfile, seconds, kills },
      ...{
        brokenTransactions: abandonedTransactions,
        samples: watch.samples,
        mostInFlight: watch.mostInFlight,
      },
      ...{ repeatedInstalls: installs.repeated, givenUp: installs.givenUp.length },
      findings: { ...findings, faults },
    };
  }

  /** What the servers logged, for whoever has to find out. */
  sayErrors(): void {
    for (const line of this.theatre.errors.slice(-20)) this.wish.say(line);
  }

  async close(): Promise<void> {
    this.fleet.stop();
    await this.watch.end().catch(() => undefined);
    await this.theatre.close();
  }

  private async strike(blow: Blow): Promise<void> {
    const { devices, downMs, say } = this.wish;
    const server = this.theatre.servers[blow.replica];
    if (server === undefined) throw new Error(`there is no replica ${blow.replica}`);
    const isDue = await this.watch.until(
      ({ confirmed }) => confirmed >= devices * blow.atShare,
      this.leftMs(),
    );
    if (!isDue) return;
    const { confirmed, inFlight } = this.watch.last;
    if (inFlight === 0) this.faults.push(`nobody was under way at ${confirmed} confirmed`);
    const isWithinTransaction = await killAmidTransaction(server, this.theatre.postgres.url);
    const atMs = Date.now();
    say(`replica ${blow.replica} killed at ${confirmed} confirmed, ${inFlight} under way`);
    await pause(downMs);
    const beginMs = performance.now();
    await server.restart();
    const readyAgainAfterMs = Math.round(performance.now() - beginMs);
    say(`replica ${blow.replica} ready again after ${readyAgainAfterMs} ms; ${this.statusText()}`);
    this.struck.push({ ...blow, confirmed, inFlight, isWithinTransaction, readyAgainAfterMs, atMs });
  }

  private isOver({ state, confirmed }: { state: string; confirmed: number }): boolean {
    return state === 'finished' && confirmed === this.wish.devices;
  }

  private leftMs(): number {
    return this.wish.mostMs - (performance.now() - this.startedMs);
  }

  private statusText(): string {
    const { requests, reports, unanswered, wrongAnswers } = this.fleet.snapshot();
    const traffic = `${requests} requests, ${reports} reports, ${unanswered} unanswered, ${wrongAnswers} wrong`;
    return `${JSON.stringify(this.watch.last)} ${traffic}`;
  }
}

/** Plays it from beginning to end. */
export async function killReplicas(wish: ReplicaWish): Promise<ReplicaKills> {
  const rollout = await ReplicaRollout.begin(wish);
  try {
    await rollout.play();
    return await rollout.judge();
  } finally {
    rollout.sayErrors();
    await rollout.close();
  }
}

/** A rollout over all of them begins when all of them have said who they are. */
async function untilKnown({ postgres }: Theatre, { devices, mostMs }: ReplicaWish): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    const [row] = await ask<{ known: number }>(
      postgres.url,
      'SELECT count(*)::int AS known FROM device WHERE installed_version IS NOT NULL',
    );
    if (row?.known === devices) return;
    if (performance.now() - startedMs > mostMs) throw new Error(`only ${row?.known} devices came`);
    await pause(LOOK_MS);
  }
}

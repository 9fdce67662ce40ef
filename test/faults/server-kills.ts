import type { RookeryProcess } from '../e2e/support/rookery-process';
import type { Findings } from './court';
import { countBy, spreadOf, type Spread } from './figures';
import { pause, Play, type Casting } from './play';
import { momentText } from './saboteur';

export interface ServerKills {
  readonly kills: number;
  /** How often each kind of moment was struck at. */
  readonly moments: Readonly<Record<string, number>>;
  /** Devices that were updating at the strike. */
  readonly devicesUnderWay: Spread;
  /** From the start of the server to its readiness. */
  readonly readyAfterMs: Spread;
  /** Transactions that a kill broke off in their middle, by Postgres' own log. */
  readonly brokenTransactions: number;
  readonly seconds: number;
  readonly findings: Findings;
}

/** Of ten kills, the one after which the server is killed once more while it starts. */
const RELAPSE = 3;
/** Of ten kills, the one at which its own Postgres dies with it. */
const WITH_POSTGRES = 6;
/** How long the server may outlive its Postgres then. */
const MOST_WIDOWED_MS = 300;
const MOST_LIFE_MS = 2_000;
const MOST_DOWN_MS = 800;

/** `kill -9` of a server, again and again, while the devices report. */
export async function killServers(casting: Casting, kills: number): Promise<ServerKills> {
  const startedMs = performance.now();
  const play = await Play.begin(casting);
  try {
    const run = new Killing(play);
    while (run.kills < kills) await run.kill();
    const brokenTransactions = play.theatre.postgres.abandonedTransactions;
    const findings = await play.end();
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    return { ...run.figures, brokenTransactions, seconds, findings };
  } catch (failure) {
    play.sayErrors();
    throw failure;
  } finally {
    await play.close();
  }
}

class Killing {
  kills = 0;
  private readonly moments: string[] = [];
  private readonly underWay: number[] = [];
  private readonly readyAfterMs: number[] = [];

  constructor(private readonly play: Play) {}

  get figures(): Omit<ServerKills, 'brokenTransactions' | 'seconds' | 'findings'> {
    return {
      kills: this.kills,
      moments: countBy(this.moments),
      devicesUnderWay: spreadOf(this.underWay),
      readyAfterMs: spreadOf(this.readyAfterMs),
    };
  }

  async kill(): Promise<void> {
    const { saboteur, theatre } = this.play;
    const server = theatre.servers[this.kills % theatre.servers.length] ?? theatre.server;
    await this.play.untilBusy();
    await pause(saboteur.upTo(MOST_LIFE_MS));
    const moment = saboteur.draw();
    const takesPostgres = theatre.postgres.isSupervised && this.kills % 10 === WITH_POSTGRES - 1;
    const killPostgres = takesPostgres ? await theatre.postgres.aim() : undefined;
    const widowedMs = saboteur.upTo(MOST_WIDOWED_MS);
    const hasStruck = await saboteur.strikeAt(moment, () => {
      this.underWay.push(this.play.underWay);
      if (killPostgres === undefined) {
        void server.kill9();
        return;
      }
      theatre.announceOutage(true);
      void killPostgres();
    });
    if (takesPostgres) await pause(widowedMs);
    await server.kill9();
    this.note(hasStruck ? moment.kind : 'none came');
    if (takesPostgres) this.moments.push('of these, Postgres with it');
    await pause(saboteur.upTo(MOST_DOWN_MS));
    if (this.kills % 10 === RELAPSE) await this.killWhileStarting(server);
    const beginMs = performance.now();
    await server.restart();
    this.readyAfterMs.push(performance.now() - beginMs);
    theatre.announceOutage(false);
    const { reports, unanswered } = this.play.fleet.traffic;
    const text = `kill ${this.kills}: ${momentText(moment)}, ${this.underWay.at(-1)} devices under way`;
    this.play.say(`${text}; ${reports} reports, ${unanswered} unanswered`);
  }

  /** At a moment of its start that may be its very end. */
  private async killWhileStarting(server: RookeryProcess): Promise<void> {
    const usualMs = Math.max(500, this.readyAfterMs.at(-1) ?? 0);
    const starting = server.restart().catch(() => undefined);
    await pause(this.play.saboteur.upTo(usualMs));
    await server.kill9();
    await starting;
    this.note('while starting');
  }

  private note(moment: string): void {
    this.kills += 1;
    this.moments.push(moment);
  }
}

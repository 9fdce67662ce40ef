import type { Findings } from './court';
import { spreadOf, type Spread } from './figures';
import { pause, Play, type Casting } from './play';
import { Probe } from './probe';
import { momentText } from './saboteur';

export interface PostgresKills {
  readonly kills: number;
  /** Kills of a single backend, after which Postgres restarts itself. */
  readonly ofBackends: number;
  /** From the kill to the return: until Postgres answers a query again. */
  readonly awayMs: Spread;
  /** From its return to the first right answers to a poll and to a report. */
  readonly rightAfterMs: Spread;
  /** From its return to the last answer of "come back later", to any device. */
  readonly refusedUntilMs: Spread;
  readonly seconds: number;
  readonly findings: Findings;
}

/** What is asked of the returns. */
export interface KillingOfPostgres {
  readonly kills: number;
  /** So long after its return the answers have to be right again, and "come back later" is a wrong one. */
  readonly graceMs: number;
}

const BACKEND_EVERY = 3;
const MOST_DOWN_MS = 2_000;

/** `kill -9` of Postgres, again and again, while the devices report. */
export async function killPostgres(casting: Casting, wish: KillingOfPostgres): Promise<PostgresKills> {
  const startedMs = performance.now();
  const play = await Play.begin(casting);
  try {
    const returns: Return[] = [];
    while (returns.length < wish.kills) returns.push(await killOnce(play, returns.length + 1, wish.graceMs));
    const findings = await play.end();
    const late = returns.filter(({ rightAfterMs }) => rightAfterMs > wish.graceMs).map(lateness);
    return {
      kills: returns.length,
      ofBackends: returns.filter((one) => one.wasBackend).length,
      awayMs: spreadOf(returns.map((one) => one.awayMs)),
      rightAfterMs: spreadOf(returns.map((one) => one.rightAfterMs)),
      refusedUntilMs: spreadOf(returns.map((one) => one.refusedUntilMs)),
      seconds: Math.round((performance.now() - startedMs) / 1000),
      findings: { ...findings, faults: [...late, ...findings.faults] },
    };
  } catch (failure) {
    play.sayErrors();
    throw failure;
  } finally {
    await play.close();
  }
}

/** How one kill went. */
interface Return {
  readonly wasBackend: boolean;
  readonly awayMs: number;
  readonly rightAfterMs: number;
  readonly refusedUntilMs: number;
}

function lateness({ rightAfterMs }: Return): string {
  return `right answers came only ${Math.round(rightAfterMs)} ms after Postgres' return`;
}

async function killOnce(play: Play, number: number, graceMs: number): Promise<Return> {
  const { theatre, saboteur, fleet } = play;
  const { postgres, server, gatewayToken } = theatre;
  await play.untilBusy();
  const probe = new Probe({ serverUrl: server.url, gatewayToken, controllerId: `probe${number}` });
  await probe.start();
  const wasBackend = number % BACKEND_EVERY === 0;
  const strike = wasBackend ? await postgres.aimAtBackend() : await postgres.aim();
  const moment = saboteur.draw();
  await pause(saboteur.upTo(1_000));
  let killing = Promise.resolve();
  let killedMs = 0;
  await saboteur.strikeAt(moment, () => {
    killedMs = performance.now();
    theatre.announceOutage(true);
    killing = strike();
  });
  await killing;
  if (!wasBackend && !postgres.isSupervised) await pause(saboteur.upTo(MOST_DOWN_MS));
  const backMs = await postgres.restored();
  const recovery = await probe.untilRight(backMs);
  await pause(Math.max(0, backMs + graceMs - performance.now()));
  theatre.announceOutage(false);
  await pause(500);
  await probe.stop();
  play.otherReports.push(...probe.reports);
  const refusedUntilMs = Math.max(
    0,
    fleet.traffic.lastUnavailableMs - backMs,
    probe.recovery(backMs).wrongUntilMs,
  );
  const result = { wasBackend, awayMs: backMs - killedMs, rightAfterMs: recovery, refusedUntilMs };
  const what = wasBackend ? 'a backend' : 'Postgres';
  const times = `away ${Math.round(result.awayMs)} ms, right ${Math.round(recovery)} ms after its return`;
  play.say(
    `kill ${number} of ${what} ${momentText(moment)}: ${times}, refused until ${Math.round(refusedUntilMs)} ms`,
  );
  return result;
}

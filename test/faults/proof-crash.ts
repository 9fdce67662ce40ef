import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsRows, pairs, printTable, spreadText } from './court-report';
import type { Findings } from './court';
import {
  blackHole,
  cuts,
  DATABASE,
  DEVICES,
  frozenInstance,
  frozenPostgres,
  latency,
  lostAnswers,
  lostCommits,
  outage,
  suffer,
  swallowedAnswers,
  type Trouble,
} from './network-troubles';
import { livingFaults, type Casting } from './play';
import { killPostgres, type PostgresKills } from './postgres-kills';
import { writeResult } from './result-file';
import { killServers, type ServerKills } from './server-kills';
import type { Setting } from './theatre';

const USAGE = `Usage: npm run proof:crash -- [options]

  --kills <number>           of the server (default 100)
  --postgres-kills <number>  of a Postgres beside it (default 20)
  --devices <number>         default 500
  --seed <number>            default 1: the same moments in the same order
  --acts <names>             some of server,instances,postgres,brought,network (default all)
  --json <file>              default test/faults/results/proof-crash.json when all acts are played
`;

/** "Answers come back within 2 s of its return." */
const GRACE_MS = 2_000;
const BROUGHT_KILLS = 5;
const FAULTS_PER_CENT = 2;

const NETWORK_TROUBLES: readonly Trouble[] = [
  latency(DATABASE, 20, 5_000),
  cuts(DATABASE, 20),
  outage(DATABASE, 3_000),
  blackHole(DATABASE, 4_000, false),
  blackHole(DATABASE, 25_000, true),
  blackHole(DATABASE, 45_000, true),
  swallowedAnswers(DATABASE, 3_000),
  lostCommits(0.3, 10_000),
  frozenPostgres(4_000, false),
  frozenPostgres(40_000, true),
  frozenInstance(25_000, true),
  latency(DEVICES, 150, 5_000),
  cuts(DEVICES, 20),
  outage(DEVICES, 3_000),
  blackHole(DEVICES, 5_000, false),
  swallowedAnswers(DEVICES, 3_000),
  lostAnswers(0.1, 10_000),
];

interface Wish {
  readonly kills: number;
  readonly postgresKills: number;
  readonly devices: number;
  readonly seed: number;
}

/** A part of the proof; its figures go into the file. */
type Act = (wish: Wish) => Promise<{ readonly findings: Findings }>;

const ACTS: Readonly<Record<string, Act>> = {
  server: (wish) =>
    serverAct(
      'kill -9 of the server, with its embedded Postgres',
      casting(wish, { postgres: 'brought' }),
      wish.kills,
    ),
  instances: (wish) =>
    serverAct(
      'kill -9 of one of two instances',
      casting(wish, { postgres: 'own', instances: 2 }),
      wish.kills / 5,
    ),
  postgres: (wish) =>
    postgresAct(
      'kill -9 of a Postgres beside the server',
      casting(wish, { postgres: 'own' }),
      wish.postgresKills,
    ),
  brought: (wish) =>
    postgresAct('kill -9 of the embedded Postgres', casting(wish, { postgres: 'brought' }), BROUGHT_KILLS),
  network: networkAct,
};

function casting({ devices, seed }: Wish, setting: Setting): Casting {
  const faults = livingFaults(FAULTS_PER_CENT);
  return { setting, devices, seed, faults, pollMs: 1_000, timeScale: 2, say };
}

async function serverAct(title: string, cast: Casting, kills: number): Promise<ServerKills> {
  const result = await killServers(cast, kills);
  printTable(title, [
    ['kills', `${result.kills}: ${pairs(result.moments)}`],
    ['devices under way', spreadText(result.devicesUnderWay)],
    ['transactions broken off', String(result.brokenTransactions)],
    ['ready again after ms', spreadText(result.readyAfterMs)],
    ...findingsRows(result.findings),
  ]);
  return result;
}

async function postgresAct(title: string, cast: Casting, kills: number): Promise<PostgresKills> {
  const result = await killPostgres(cast, { kills, graceMs: GRACE_MS });
  printTable(title, [
    ['kills', `${result.kills}, ${result.ofBackends} of them of a backend`],
    ['away for ms', spreadText(result.awayMs)],
    ['right after ms', spreadText(result.rightAfterMs)],
    ['refused until ms', spreadText(result.refusedUntilMs)],
    ...findingsRows(result.findings),
  ]);
  return result;
}

async function networkAct(wish: Wish): Promise<{ readonly findings: Findings }> {
  const cast = casting(wish, { postgres: 'own', instances: 2, linksPostgres: true });
  const result = await suffer({ ...cast, devices: Math.ceil(wish.devices / 2) }, NETWORK_TROUBLES, GRACE_MS);
  printTable('networks', [
    ...result.troubles.map(({ name, rightAfterMs }) => [name, `right after ${rightAfterMs} ms`] as const),
    ...findingsRows(result.findings),
  ]);
  return result;
}

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      'postgres-kills': { type: 'string', default: '20' },
      devices: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      acts: { type: 'string', default: Object.keys(ACTS).join(',') },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const wish = {
    kills: Number(values.kills),
    postgresKills: Number(values['postgres-kills']),
    devices: Number(values.devices),
    seed: Number(values.seed),
  };
  const acts: Record<string, { readonly findings: Findings }> = {};
  for (const name of values.acts.split(',')) {
    const act = ACTS[name];
    if (act === undefined) throw new Error(`there is no act ${name}\n\n${USAGE}`);
    acts[name] = await act(wish);
  }
  const isWhole = Object.keys(acts).length === Object.keys(ACTS).length;
  const file = values.json ?? (isWhole ? join(__dirname, 'results', 'proof-crash.json') : undefined);
  if (file !== undefined) await writeResult(file, 'crash', { ...wish, faultsPerCent: FAULTS_PER_CENT, acts });
  const faults = Object.values(acts).flatMap(({ findings }) => findings.faults);
  process.stdout.write(faults.length === 0 ? '\nThe server held.\n' : `\n${faults.length} faults.\n`);
  return faults.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  },
);

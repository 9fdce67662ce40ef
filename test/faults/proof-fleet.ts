import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsRows, pairs, printTable } from './court-report';
import { runFleet, type FleetRun } from './fleet-run';
import { writeResult } from './result-file';

const USAGE = `Usage: npm run proof:fleet -- [options]

  --devices <number>    default 2000, of all profiles
  --faults <per cent>   of every fault (default 2)
  --instances <numbers> one run for each (default 1,2)
  --seed <number>       default 1
  --poll <ms>           default 2000
  --time-scale <number> devices install and reboot so many times faster (default 2)
  --json <file>         default test/faults/results/proof-fleet.json
`;

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

function print(run: FleetRun): void {
  printTable(`${run.devices} devices, ${run.instances} ${run.instances === 1 ? 'instance' : 'instances'}`, [
    ['seconds', String(run.seconds)],
    ['profiles', pairs(run.profiles)],
    ['faults had', pairs(run.faultsHad)],
    ['cancels asked', String(run.cancelsAsked)],
    ['outcomes', pairs(run.outcomes)],
    ['versions', pairs(run.versions)],
    ...findingsRows(run.findings),
  ]);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      devices: { type: 'string', default: '2000' },
      faults: { type: 'string', default: '2' },
      instances: { type: 'string', default: '1,2' },
      seed: { type: 'string', default: '1' },
      poll: { type: 'string', default: '2000' },
      'time-scale': { type: 'string', default: '2' },
      json: { type: 'string', default: join(__dirname, 'results', 'proof-fleet.json') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const wish = {
    devices: Number(values.devices),
    perCent: Number(values.faults),
    seed: Number(values.seed),
    pollMs: Number(values.poll),
    timeScale: Number(values['time-scale']),
    cancelOneIn: 20,
  };
  const runs: FleetRun[] = [];
  for (const instances of values.instances.split(',').map(Number)) {
    const run = await runFleet({ ...wish, instances, say });
    print(run);
    runs.push(run);
  }
  await writeResult(values.json, 'fleet', { ...wish, runs });
  return runs.every(({ findings }) => findings.faults.length === 0) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  },
);

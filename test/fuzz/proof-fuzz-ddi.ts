import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pairs, printTable } from '../faults/court-report';
import { writeResult } from '../faults/result-file';
import { Arena } from './arena';
import { FuzzRun, type FuzzResult } from './fuzz-run';

const USAGE = `Usage: npm run proof:fuzz-ddi -- [options]

  --requests <number>    default 1000000
  --seed <number>        default 1: the same requests
  --first-batch <number> begins there; a batch is the same whatever came before it (default 0)
  --per-state <number>   devices in each state; another number is another run (default 20)
  --json <file>          default test/fuzz/results/fuzz-ddi.json for a whole run
`;

const WHOLE = 1_000_000;
const SHOWN_FAULTS = 30;

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

function report(result: FuzzResult, seconds: number): void {
  const { requests, batches, seed, byRoute, byAnswer, byStanding, watchedTables, changedRows, faults } =
    result;
  const { before = 0, after = 0 } = result.residentMiB;
  printTable('the device API under spoilt requests', [
    ['requests', `${requests} in ${batches} batches, seed ${seed}, ${seconds} s`],
    ['routes', pairs(byRoute)],
    ['answers', pairs(byAnswer)],
    ['standing', pairs(byStanding)],
    ['rows', `${changedRows} changed by accepted requests, ${watchedTables} tables watched`],
    ['memory', `${before} MiB at first, ${after} MiB at last`],
    ['faults', String(faults.length)],
    ...faults.slice(0, SHOWN_FAULTS).map((fault) => ['  !', fault] as const),
  ]);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: String(WHOLE) },
      seed: { type: 'string', default: '1' },
      'first-batch': { type: 'string', default: '0' },
      'per-state': { type: 'string', default: '20' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const requests = Number(values.requests);
  const arena = await Arena.open(Number(values['per-state']));
  try {
    say(`${arena.world.devices.length} devices stand ready, seed ${values.seed}`);
    const startedMs = performance.now();
    const wish = { seed: Number(values.seed), requests, firstBatch: Number(values['first-batch']), say };
    const result = await new FuzzRun(arena, wish).run();
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    report(result, seconds);
    const isWhole = requests >= WHOLE;
    const file = values.json ?? (isWhole ? join(__dirname, 'results', 'fuzz-ddi.json') : undefined);
    if (file !== undefined) await writeResult(file, 'fuzz-ddi', { seconds, ...result });
    process.stdout.write(
      result.faults.length === 0 ? '\nThe server held.\n' : `\n${result.faults.length} faults.\n`,
    );
    return result.faults.length === 0 ? 0 : 1;
  } finally {
    await arena.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  },
);

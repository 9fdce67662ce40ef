import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pairs, printTable } from '../faults/court-report';
import { writeResult } from '../faults/result-file';
import { MOST_GROWTH_MIB, MOST_KEPT_MIB, MOST_MS, type FuzzFigures } from './fuzz-figures';
import { runFuzzer } from './fuzz-run';
import { FUZZERS } from './fuzzers';
import { sharesOf } from './shares';

const WHOLE = 1_000_000;
const SAY_EACH = 100;
const NAMES = FUZZERS.map(({ name }) => name).join(', ');
const USAGE = `Usage: npm run proof:fuzz-formats -- [options]

  --inputs <number>      for all readers together (default ${WHOLE})
  --seed <number>        default 1: the same inputs
  --parser <name>        one of them alone: ${NAMES}
  --first-batch <number> begins there; an input is the same whatever came before it (default 0)
  --json <file>          default test/fuzz-formats/results/fuzz-formats.json for a whole run
`;

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

function report(name: string, figures: FuzzFigures): void {
  printTable(name, [
    ['inputs', `${figures.inputs}: ${figures.accepted} accepted, ${figures.refused} refused`],
    ['ways', pairs(figures.byHow)],
    ['refusals', `${figures.refusals} different ones`],
    ['slowest', `${figures.slowestMs} ms of ${MOST_MS} (${figures.slowestHow})`],
    ['memory', `grew by ${figures.growthMiB} MiB of ${MOST_GROWTH_MIB}`],
    ['kept', `${figures.keptMiB} MiB of ${MOST_KEPT_MIB}`],
    ['faults', String(figures.faults.length)],
    ...figures.faults.map((fault) => ['  !', fault] as const),
  ]);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: String(WHOLE) },
      seed: { type: 'string', default: '1' },
      parser: { type: 'string' },
      'first-batch': { type: 'string', default: '0' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [seed, firstBatch, inputs] = [
    Number(values.seed),
    Number(values['first-batch']),
    Number(values.inputs),
  ];
  const parsers: Record<string, FuzzFigures> = {};
  const startedMs = performance.now();
  for (const { name, inputs: own } of sharesOf(FUZZERS, inputs, values.parser)) {
    say(`${name}: ${own} inputs, seed ${seed}`);
    const figures = await runFuzzer({
      ...{ fuzzer: name, seed, firstBatch, inputs: own },
      say: ({ batch, figures: soFar }) => {
        if (batch % SAY_EACH === 0 && batch > 0)
          say(`${name}: ${soFar.inputs}, ${soFar.faults.length} faults`);
      },
    });
    parsers[name] = figures;
    report(name, figures);
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const isWhole = inputs >= WHOLE && values.parser === undefined && firstBatch === 0;
  const file = values.json ?? (isWhole ? join(__dirname, 'results', 'fuzz-formats.json') : undefined);
  if (file !== undefined) await writeResult(file, 'fuzz-formats', { seconds, seed, inputs, parsers });
  const faults = Object.values(parsers).reduce((sum, figures) => sum + figures.faults.length, 0);
  process.stdout.write(faults === 0 ? `\nThe readers held (${seconds} s).\n` : `\n${faults} faults.\n`);
  return faults === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  },
);

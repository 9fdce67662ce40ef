import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pairs, printTable } from './court-report';
import { writeResult } from './result-file';
import { killAmidUploads } from './upload-kills';

const USAGE = `Usage: npm run proof:uploads -- [options]

  --kills <number>  of the server (default 50)
  --seed <number>   default 1: the same files in the same order
  --json <file>     default test/faults/results/proof-uploads.json
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string', default: join(__dirname, 'results', 'proof-uploads.json') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const wish = { kills: Number(values.kills), seed: Number(values.seed) };
  const result = await killAmidUploads(wish, (line) => process.stderr.write(`${line}\n`));
  const { atTheKill, litter, faults } = result;
  printTable('kill -9 of the server amid uploads', [
    ['kills', `${result.kills} in ${result.seconds} s`],
    ['uploads', `${result.uploads}, ${result.abandoned} of them abandoned`],
    ['at the kill', pairs(atTheKill)],
    ['answers lost', String(result.answersLost)],
    ['bytes not sent again', String(result.savedBytes)],
    ['files compared', String(result.comparedFiles)],
    ['before the collector', pairs({ ...litter.before })],
    ['after it', pairs({ ...litter.after })],
    ...faults.map((fault) => ['fault', fault] as const),
  ]);
  await writeResult(values.json, 'uploads', { seed: wish.seed, ...result });
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

/**
 * Plays random histories for every invariant of the engine, ten thousand of each, and tells what held.
 *
 *   npm run proof:property                          all of them, hours
 *   npm run proof:property -- --runs 500            fewer
 *   npm run proof:property -- --only slots,gates    those files
 *
 * A whole run is written to test/property/results/property.json.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inParallel, run } from '../checks/run.mjs';
import { writeProperties } from './results.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const WHOLE = 10_000;
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: String(WHOLE) },
    only: { type: 'string' },
    'at-once': { type: 'string', default: String(AT_ONCE) },
  },
});

const SUFFIX = '.property-spec.ts';
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length))
  .filter((name) => values.only === undefined || values.only.split(',').includes(name));
const folder = mkdtempSync(join(tmpdir(), 'rookery-properties-'));
const startedMs = performance.now();
const say = (text) =>
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(6)} s  ${text}\n`);

/** The lines that a file's properties have left. */
function linesOf(name) {
  const file = join(folder, name);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** One process for each file, since one that dies must not take the others along. */
async function play(name) {
  say(`${name} begins`);
  const command = ['jest', '--selectProjects', 'property', '--testPathPatterns', `/property/${name}\\.`];
  const more = { PROPERTY_RUNS: values.runs, PROPERTY_REPORT: join(folder, name), ROOKERY_TIER: '' };
  const { code, output } = await run(command, ROOT, more);
  const lines = linesOf(name);
  for (const { invariant, what, verdict, histories, seconds } of lines)
    say(`${invariant} ${verdict}: ${what} (${histories} in ${seconds} s)`);
  if (code !== 0) process.stdout.write(`${output.slice(-20_000)}\n`);
  return { name, isOk: code === 0, lines };
}

try {
  const results = await inParallel(
    names.map((name) => () => play(name)),
    Number(values['at-once']),
  );
  const isWhole = Number(values.runs) >= WHOLE && values.only === undefined;
  const isHeld = await writeProperties(results, {
    isWhole,
    runs: Number(values.runs),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  });
  process.exitCode = isHeld ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

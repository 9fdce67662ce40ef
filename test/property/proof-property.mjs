/**
 * Plays random histories until every invariant of the engine was held against ten thousand of them, and tells what held. Most
 * histories can be held against most invariants, whatever they were made for; a fifth at least is made for each.
 *
 *   npm run proof:property                          all of them, about two hours
 *   npm run proof:property -- --continue            goes on where the last run of them was stopped
 *   npm run proof:property -- --runs 500            fewer
 *   npm run proof:property -- --only slots,gates    those files
 *
 * Played in rounds, each with histories of its own; after every part test/property/results/property.json says how far it is.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inParallel, run } from '../checks/run.mjs';
import { Progress } from './results.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const SUFFIX = '.property-spec.ts';
/** So much is lost at most when it is stopped; and one database does not grow for ever. */
const ROUND = 500;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    only: { type: 'string' },
    continue: { type: 'boolean', default: false },
    'at-once': { type: 'string', default: '2' },
  },
});
const wanted = Number(values.runs);

/** Those that declare properties of invariants; models and the like have proofs of their own. */
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(SUFFIX))
  .filter((name) => /\bholds\(/.test(readFileSync(join(import.meta.dirname, name), 'utf8')))
  .map((name) => name.slice(0, -SUFFIX.length))
  .filter((name) => values.only === undefined || values.only.split(',').includes(name));

const folder = mkdtempSync(join(tmpdir(), 'rookery-properties-'));
const progress = new Progress({ wanted, isKept: values.only === undefined || values.continue });
if (values.continue) progress.read();
const startedMs = performance.now();
const say = (text) =>
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(6)} s  ${text}\n`);

/** The lines that a file's properties have left. */
function take(report) {
  const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
  rmSync(report, { force: true });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** One process for each part, since one that dies must not take the others along. */
async function play(name) {
  if (progress.isEnough(name) || progress.isBroken(name)) return;
  const runs = Math.min(ROUND, wanted);
  const report = join(folder, name);
  const command = ['jest', '--selectProjects', 'property', '--testPathPatterns', `/property/${name}\\.`];
  const lacking = progress.lacking(name);
  if (lacking.length > 0) command.push('--testNamePattern', `^(${lacking.join('|')}) `);
  const more = { PROPERTY_RUNS: String(runs), PROPERTY_REPORT: report, ROOKERY_TIER: '' };
  const { code, output } = await run(command, ROOT, more);
  const lines = take(report);
  progress.add(name, { runs, isOk: code === 0, lines });
  say(`${name}: ${progress.played(name)} of ${wanted}${code === 0 ? '' : ', BROKEN'}`);
  if (code !== 0) process.stdout.write(`${output.slice(-20_000)}\n`);
}

try {
  const rounds = Math.ceil(wanted / Math.min(ROUND, wanted));
  const parts = Array.from({ length: rounds }, () => files.map((name) => () => play(name))).flat();
  await inParallel(parts, Number(values['at-once']));
  process.exitCode = progress.tell() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

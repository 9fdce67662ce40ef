/**
 * `npm run check`: format, lint, types, architecture and unit tests, each its own `npm run check:<name>`, two at a time
 * and the slowest first. One line each; the output only of those that failed.
 *
 *   npm run check -- lint types    only those
 */
import { join } from 'node:path';
import { inParallel, run } from './run.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const ALL = ['lint', 'unit', 'types', 'format', 'architecture'];
const CHECKS = process.argv.length > 2 ? process.argv.slice(2) : ALL;
const AT_ONCE = 2;

const secondsSince = (start) => ((performance.now() - start) / 1000).toFixed(1).padStart(5);

async function check(name) {
  const start = performance.now();
  const { code, output } = await run(['npm', 'run', '--silent', `check:${name}`], ROOT);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${secondsSince(start)} s`);
  return { name, code, output };
}

const start = performance.now();
const results = await inParallel(
  CHECKS.map((name) => () => check(name)),
  AT_ONCE,
);
const failed = results.filter(({ code }) => code !== 0);
for (const { name, output } of failed) console.log(`\n--- npm run check:${name}\n${output.trimEnd()}`);
console.log(`${failed.length === 0 ? 'ok    ' : 'FAILED'} check        ${secondsSince(start)} s`);
process.exitCode = failed.length === 0 ? 0 : 1;

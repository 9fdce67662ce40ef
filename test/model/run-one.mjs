import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../checks/run.mjs';

const ROOT = join(import.meta.dirname, '..', '..');

/** Runs one spec of test/property at the size of a proof; its figures, or undefined when it broke. */
export async function runOne(spec, env, reportName) {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-model-'));
  const report = join(folder, 'report');
  try {
    const command = ['jest', '--selectProjects', 'property', '--testPathPatterns', `/property/${spec}\\.`];
    const { code, output } = await run(command, ROOT, { ...env, [reportName]: report, ROOKERY_TIER: '' });
    if (code !== 0) process.stdout.write(`${output.slice(-10_000)}\n`);
    const figures = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
    return { isOk: code === 0, figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A proof's figures, to be committed. */
export function keep(proof, figures) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
  const file = join(import.meta.dirname, 'results', `${proof}.json`);
  mkdirSync(dirname(file), { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(file, `${JSON.stringify({ proof, date, machine, ...figures }, null, 2)}\n`);
  process.stdout.write(`Written to test/model/results/${proof}.json\n`);
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepResult } from '../checks/keep-result.mjs';
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
  keepResult(import.meta.dirname, proof, figures);
  process.stdout.write(`Written to test/model/results/${proof}.json\n`);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

/**
 * A proof's figures as they are committed: `<folder>/results/<proof>.json`, with the day and the machine they were
 * measured on. No names of hosts or people.
 */
export function keepResult(folder, proof, figures) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync(join(folder, 'results'), { recursive: true });
  const text = JSON.stringify({ proof, date, machine, ...figures }, null, 2);
  writeFileSync(join(folder, 'results', `${proof}.json`), `${text}\n`);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'results', 'property.json');
const IDS = Array.from({ length: 18 }, (_unused, at) => `B${at + 1}`);

/** The table for people and, of a whole run, the file; true when everything held. */
export async function writeProperties(results, { isWhole, runs, seconds }) {
  const lines = results.flatMap((one) => one.lines).sort(byInvariant);
  const broken = results.filter((one) => !one.isOk).map((one) => one.name);
  const missing = isWhole ? IDS.filter((id) => !lines.some(({ invariant }) => invariant === id)) : [];
  printTable(lines);
  if (broken.length > 0) process.stdout.write(`Broken: ${broken.join(', ')}\n`);
  if (missing.length > 0) process.stdout.write(`Nothing said about: ${missing.join(', ')}\n`);
  const isHeld = broken.length === 0 && missing.length === 0;
  if (isWhole) {
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
    const result = { proof: 'property', date: new Date().toISOString().slice(0, 10), machine, runs, seconds };
    mkdirSync(join(FILE, '..'), { recursive: true });
    writeFileSync(FILE, `${JSON.stringify({ ...result, isHeld, properties: lines }, null, 2)}\n`);
    process.stdout.write('Written to test/property/results/property.json\n');
  }
  process.stdout.write(isHeld ? `\nEverything held (${seconds} s).\n` : '\nNot everything held.\n');
  return isHeld;
}

function byInvariant(a, b) {
  return Number(a.invariant.slice(1)) - Number(b.invariant.slice(1)) || a.what.localeCompare(b.what);
}

function printTable(lines) {
  const rows = [
    ['invariant', 'histories', 'seconds', 'verdict', 'property'],
    ...lines.map(({ invariant, histories, seconds, verdict, what }) =>
      [invariant, histories, seconds, verdict, what].map(String),
    ),
  ];
  const widths = rows[0].map((_cell, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows)
    process.stdout.write(
      `${row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd()}\n`,
    );
}

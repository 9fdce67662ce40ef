import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { describeMachine } from '../../bench/machine';

/** A proof's figures, to be committed. */
export async function writeResult(file: string, proof: string, figures: object): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const result = { proof, date, machine: describeMachine(), ...figures };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`Written to ${relative('.', file)}\n`);
}

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine, type Machine } from '../machine';
import type { Aside, AsideRow } from './aside';

/** What a run measured beside its rounds, as it is committed. */
interface AsideResults {
  readonly date: string;
  readonly machine: Machine;
  readonly asides: Readonly<Record<string, readonly AsideRow[]>>;
}

const FILE = 'rollout.json';

/** Each is measured with another scenario, so that the file grows line by line: those of the same size take the place of older ones. */
export async function writeAside(folder: string, { name }: Aside, rows: readonly AsideRow[]): Promise<void> {
  const path = join(folder, FILE);
  const { asides } = await readAsides(path);
  const isNew = (row: AsideRow): boolean => rows.some((one) => one.devices === row.devices);
  const kept = (asides[name] ?? []).filter((row) => !isNew(row));
  const all = [...kept, ...rows].sort((a, b) => (a.devices ?? 0) - (b.devices ?? 0));
  const results: AsideResults = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    asides: { ...asides, [name]: all },
  };
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
}

async function readAsides(path: string): Promise<Pick<AsideResults, 'asides'>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as AsideResults;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { asides: {} };
    throw error;
  }
}

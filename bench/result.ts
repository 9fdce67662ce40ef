import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine, type Machine } from './machine';
import type { Aim, Scenario } from './scenario';
import type { Standing } from './standing';

/** What a scenario was measured with, for whoever reads the figures later. */
export type Conditions = Readonly<Record<string, string | number>>;

/** One run of one scenario, as it is committed and compared with later ones. */
export interface Result {
  readonly scenario: string;
  readonly title: string;
  /** All costs are by this. */
  readonly unit: string;
  readonly date: string;
  readonly machine: Machine;
  readonly conditions: Conditions;
  readonly aim?: Aim;
  readonly bytesPerUnit?: number;
  readonly servers: readonly Standing[];
}

export function resultOf(scenario: Scenario, conditions: Conditions, servers: readonly Standing[]): Result {
  const { name, title, unit, aim, bytesPerUnit } = scenario;
  return {
    scenario: name,
    title,
    unit,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    conditions,
    ...(aim === undefined ? {} : { aim }),
    ...(bytesPerUnit === undefined ? {} : { bytesPerUnit }),
    servers,
  };
}

export async function writeResult(folder: string, result: Result): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(fileOf(folder, result.scenario), `${JSON.stringify(result, null, 2)}\n`);
}

/** Undefined when there is none yet. */
export async function readResult(folder: string, scenario: string): Promise<Result | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(folder, scenario), 'utf8')) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function fileOf(folder: string, scenario: string): string {
  return join(folder, `${scenario}.json`);
}

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { rounded } from './figures';
import { describeMachine } from './machine';
import type { Scenario, ScenarioRun } from './scenario';

/** Writes a run as JSON, to be committed and compared with later ones. */
export async function writeResult(file: string, scenario: Scenario, run: ScenarioRun): Promise<void> {
  const { standings, transactionsPerRequest } = run.outcome;
  const result = {
    scenario: scenario.name,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    conditions: run.conditions,
    aim: scenario.aim,
    servers: standings,
    transactionsPerRequest: rounded(transactionsPerRequest),
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}

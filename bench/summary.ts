import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aligned, count, markdown, middle, withoutEmptyColumns, withSpread, type Cells } from './cells';
import { readResult, type Result } from './result';
import { ROOKERY } from './standing';
import { cellsOf, verdictOn } from './table';

/** One line for each scenario: what Rookery costs. */
export function overviewOf(results: readonly Result[]): string {
  return aligned(overviewCells(results));
}

/** Writes `table.md`: all results in a folder as one page, also those that other runs left there. */
export async function writeSummary(folder: string, scenarios: readonly string[]): Promise<void> {
  const found = await Promise.all(scenarios.map((scenario) => readResult(folder, scenario)));
  const results = found.filter((result) => result !== undefined);
  const head = '# Results\n\nMade by `npm run bench`; `bench/README.md` says how to read it.\n';
  const text = [head, markdown(overviewCells(results)), ...results.map(partOf)].join('\n');
  await writeFile(join(folder, 'table.md'), text);
}

function overviewCells(results: readonly Result[]): Cells {
  const head = ['scenario', 'unit', 'Node µs', 'Postgres µs', '× raw', '× floor', 'per second', 'p99 ms'];
  const rows = results.flatMap(({ scenario, unit, servers }) => {
    const rookery = servers.find(({ name }) => name === ROOKERY);
    if (rookery === undefined) return [];
    const { nodeCpuUs, postgresCpuUs, ratio, floorRatio, unitsPerSecond, p99Ms } = rookery;
    const costs = [middle(nodeCpuUs, 1), middle(postgresCpuUs, 1), withSpread(ratio, 2)];
    const pace = [middle(floorRatio, 2), middle(unitsPerSecond, 0), middle(p99Ms, 1)];
    const sql = [count(rookery.statements), count(rookery.transactions), middle(rookery.walBytes, 0)];
    return [[scenario, unit, ...costs, ...pace, ...sql]];
  });
  return withoutEmptyColumns([[...head, 'SQL', 'commits', 'WAL bytes'], ...rows]);
}

function partOf(result: Result): string {
  const { scenario, title, unit, date, machine, conditions } = result;
  const { devices, seconds, rounds, connections, postgres } = conditions;
  const how =
    `${date}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, Postgres ${postgres}; ` +
    `${devices} devices, ${rounds} rounds of ${seconds} s, ${connections} connections.`;
  return `## ${scenario}\n\n${title}. All by ${unit}.${verdictOn(result)}\n\n${markdown(cellsOf(result))}\n${how}\n`;
}

import type { Outcome, Standing } from './contest';
import type { Figure } from './figures';

/** One column: its head and how it is read off a standing. */
type Column = readonly [head: string, cell: (standing: Standing) => string];

const COLUMNS: readonly Column[] = [
  ['server', ({ name }) => name],
  ['Node µs', ({ nodeCpuUs }) => withSpread(nodeCpuUs)],
  ['Postgres µs', ({ postgresCpuUs }) => withSpread(postgresCpuUs)],
  ['× raw', ({ ratio }) => withSpread(ratio, 2)],
  ['requests/s', ({ requestsPerSecond }) => withSpread(requestsPerSecond, 0)],
  ['p50 ms', ({ p50Ms }) => p50Ms.median.toFixed(1)],
  ['p99 ms', ({ p99Ms }) => p99Ms.median.toFixed(1)],
  ['WAL bytes', ({ walBytes }) => walBytes.median.toFixed(0)],
  ['RSS MiB', ({ residentMiB }) => residentMiB.median.toFixed(0)],
];

/** The standings as people read them: CPU per request, medians of the rounds, least and most in brackets. */
export function tableOf({ standings, transactionsPerRequest }: Outcome): string {
  const rows = [
    COLUMNS.map(([head]) => head),
    ...standings.map((one) => COLUMNS.map(([, cell]) => cell(one))),
  ];
  const widths = COLUMNS.map((_column, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, index) => padded(cell, index, widths)).join('  '));
  return `${lines.join('\n')}\nSQL transactions per request: ${transactionsPerRequest.toFixed(3)}\n`;
}

/** Words to the left, numbers to the right. */
function padded(cell: string, index: number, widths: readonly number[]): string {
  const width = widths[index] ?? 0;
  return index === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function withSpread({ median, least, most }: Figure, digits = 1): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

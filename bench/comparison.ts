import type { Figure } from './figures';
import type { Result } from './result';
import type { Standing } from './standing';

/** A difference smaller than this share is never more than noise, however well the rounds agree. */
const LEAST_SHARE = 0.03;

/** Figures that do not depend on how fast the machine is. */
const ABSOLUTE = {
  ratio: '× raw',
  floorRatio: '× floor',
  nginxRatio: '× nginx',
  walBytes: 'WAL bytes',
  requestsPerUnit: 'requests',
  residentMiB: 'RSS MiB',
} as const;
/** Figures that do; compared only when it is the same one. */
const RELATIVE = {
  nodeCpuUs: 'Node µs',
  postgresCpuUs: 'Postgres µs',
  unitsPerSecond: 'per second',
  p50Ms: 'p50 ms',
  p99Ms: 'p99 ms',
} as const;
const COUNTS = { statements: 'SQL statements', transactions: 'commits' } as const;

/**
 * What moved by more than the noise. The medians of two runs may differ by as much as the rounds of both runs do among
 * themselves: the noise is the sum of the two spreads, or 3 % if that is more.
 */
export function comparison(last: Result | undefined, now: Result): string {
  if (last === undefined) return `There is no committed result of ${now.scenario} to compare with.\n`;
  const isSameMachine = describe(last) === describe(now);
  const names = isSameMachine ? { ...ABSOLUTE, ...RELATIVE } : ABSOLUTE;
  const lines = now.servers.flatMap((standing) => {
    const before = last.servers.find(({ name }) => name === standing.name);
    return before === undefined ? [] : movesOf(before, standing, names);
  });
  const machine = isSameMachine ? [] : [`on another machine, so without absolute times: ${describe(last)}`];
  const notes = [...machine, ...otherConditions(last, now)];
  const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  const verdict =
    lines.length === 0 ? 'nothing moved by more than the noise' : 'some figures moved by more than the noise';
  return `Since ${last.date}${note} ${verdict}.\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function movesOf(before: Standing, now: Standing, names: Partial<Record<keyof Standing, string>>): string[] {
  const figures = Object.entries(names).flatMap(([key, name]) =>
    moveOf(name, before[key as keyof typeof ABSOLUTE], now[key as keyof typeof ABSOLUTE]),
  );
  const counts = Object.entries(COUNTS).flatMap(([key, name]) => {
    const [old, current] = [before[key as keyof typeof COUNTS], now[key as keyof typeof COUNTS]];
    return moveOf(name, exact(old), exact(current));
  });
  return [...figures, ...counts].map((move) => `${now.name.padEnd(12)} ${move}`);
}

function moveOf(name: string, before: Figure | undefined, now: Figure | undefined): string[] {
  if (before === undefined || now === undefined || before.median === 0) return [];
  const noise = Math.max(spread(before) + spread(now), Math.abs(before.median) * LEAST_SHARE);
  const difference = now.median - before.median;
  if (Math.abs(difference) <= noise) return [];
  const percent = (value: number): string => `${((value / before.median) * 100).toFixed(0)} %`;
  const sign = difference > 0 ? '+' : '';
  return [
    `${name.padEnd(14)} ${before.median} → ${now.median}  ${sign}${percent(difference)} (noise ${percent(noise)})`,
  ];
}

function spread({ least, most }: Figure): number {
  return most - least;
}

function exact(value: number | undefined): Figure | undefined {
  return value === undefined ? undefined : { median: value, least: value, most: value };
}

function describe({ machine: { cpu, cores, node } }: Result): string {
  return `${cpu}, ${cores} cores, Node ${node}`;
}

/** How long was measured is no condition, how much was there is one. */
function otherConditions(last: Result, now: Result): string[] {
  return ['devices', 'connections', 'postgres'].flatMap((name) => {
    const [before, after] = [last.conditions[name], now.conditions[name]];
    return before === after ? [] : [`${name} was ${before ?? '?'}, now ${after ?? '?'}`];
  });
}

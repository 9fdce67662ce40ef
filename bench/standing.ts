import type { Contestant } from './contestant';
import { figureOf, rounded, type Figure } from './figures';
import type { RoundReport } from './load';
import type { StatementCost, StatementCount } from './statements';

/** What can only be told of a contestant's first round, where it is counted instead of measured. */
export type Counted = StatementCount & Pick<RoundReport, 'units'>;

/** What one round of one contestant cost, by unit; microseconds are CPU, not wall time. */
export interface Sample {
  readonly units: number;
  readonly nodeCpuUs: number | undefined;
  readonly postgresCpuUs: number | undefined;
  readonly unitsPerSecond: number;
  readonly requestsPerUnit: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly walBytes: number | undefined;
  readonly residentMiB: number | undefined;
  /** How many cores the load generator kept busy: at 1 it was the one that could do no more. */
  readonly loadCores: number | undefined;
}

type Measured = Exclude<keyof Sample, 'units'>;

/** Over the rounds. What a contestant has not is left out: pgbench has no Node, the bare server no Postgres. */
export interface Standing extends Readonly<Partial<Record<Measured, Figure>>> {
  readonly name: string;
  /** (Node + Postgres) by that of the bare server in the same round. */
  readonly ratio?: Figure;
  /** (Node + Postgres) by what the bare server and bare SQL cost together in the same round. */
  readonly floorRatio?: Figure;
  /** The same by what nginx costs that sends a file. */
  readonly nginxRatio?: Figure;
  readonly transactions?: number;
  /** By unit; those that take most of the time come first. */
  readonly statements?: number;
  readonly sql?: readonly StatementCost[];
}

/** Statements that take a smaller part of Postgres' time are left out. */
const LEAST_TIME_SHARE = 0.01;

export const ROOKERY = 'rookery';
export const RAW = 'raw';
export const NGINX = 'nginx';
export const ACCEL = 'rookery, accel';
export const PGBENCH = 'pgbench';

/** Judges all by the bare server and by bare SQL. */
export function standingsOf(
  samples: ReadonlyMap<Contestant, readonly Sample[]>,
  counted: ReadonlyMap<Contestant, Counted>,
): Standing[] {
  const named = new Map([...samples].map(([{ name }, list]) => [name, list]));
  const raw = (named.get(RAW) ?? []).map(costOf);
  const nginx = (named.get(NGINX) ?? []).map(costOf);
  const floor = (named.get(PGBENCH) ?? []).map((sample, round) => costOf(sample) + (raw[round] ?? NaN));
  return [...samples].map(([contestant, list]) => {
    const { name, pid } = contestant;
    const isServer = pid !== undefined && name !== RAW && name !== NGINX;
    return {
      name,
      ...figuresOf(list),
      ...(pid === undefined ? {} : { ratio: ratioOf(list, raw) }),
      ...(isServer && floor.length > 0 ? { floorRatio: ratioOf(list, floor) } : {}),
      ...(isServer && nginx.length > 0 ? { nginxRatio: ratioOf(list, nginx) } : {}),
      ...countOf(counted.get(contestant), isServer),
    };
  });
}

function costOf({ nodeCpuUs = 0, postgresCpuUs = 0 }: Sample): number {
  return nodeCpuUs + postgresCpuUs;
}

function ratioOf(samples: readonly Sample[], yardstick: readonly number[]): Figure {
  return figureOf(samples.map((sample, round) => costOf(sample) / (yardstick[round] ?? NaN)));
}

function figuresOf(samples: readonly Sample[]): Partial<Record<Measured, Figure>> {
  const [first] = samples;
  if (first === undefined) return {};
  const keys = Object.keys(first).filter((key): key is Measured => key !== 'units');
  return Object.fromEntries(
    keys.flatMap((key) => {
      const values = samples.flatMap((sample) => sample[key] ?? []);
      return values.length === 0 ? [] : [[key, figureOf(values)]];
    }),
  );
}

function countOf(
  counted: Counted | undefined,
  isServer: boolean,
): Pick<Standing, 'transactions' | 'statements' | 'sql'> {
  if (counted === undefined) return {};
  const { statements, transactions, units } = counted;
  const calls = statements.reduce((sum, one) => sum + one.calls, 0);
  return {
    statements: rounded(calls / units),
    ...(transactions === undefined ? {} : { transactions: rounded(transactions / units) }),
    ...(isServer ? { sql: costliest(counted) } : {}),
  };
}

function costliest({ statements, units }: Counted): StatementCost[] {
  const time = statements.reduce((sum, one) => sum + timeOf(one), 0);
  return statements
    .filter((one) => timeOf(one) >= time * LEAST_TIME_SHARE)
    .map(({ text, calls, planningMs, executionMs }) => ({
      text,
      calls: rounded(calls / units),
      planningMs: rounded(planningMs / units),
      executionMs: rounded(executionMs / units),
    }));
}

function timeOf({ planningMs, executionMs }: StatementCost): number {
  return planningMs + executionMs;
}

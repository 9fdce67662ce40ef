import { aligned, count, middle, withoutEmptyColumns, withSpread, type Cells } from './cells';
import type { Result } from './result';
import type { AimBesideNginx } from './scenario';
import { ROOKERY, type Standing } from './standing';

/** One column: its head and how it is read off a standing; empty where a contestant has no such thing. */
interface Column {
  readonly head: string;
  readonly cell: (standing: Standing) => string;
}

const GIB = 2 ** 30;

/** A result as people read it: costs by unit, medians of the rounds, least and most in brackets. */
export function tableOf(result: Result): string {
  const { title, unit } = result;
  return `${title}\n\n${aligned(cellsOf(result))}All by ${unit}.${verdictOn(result)}\n${sqlOf(result)}`;
}

export function cellsOf(result: Result): Cells {
  const columns = columnsOf(result);
  const rows = result.servers.map((standing) => columns.map(({ cell }) => cell(standing)));
  return withoutEmptyColumns([columns.map(({ head }) => head), ...rows]);
}

/** Whether the aim is reached; "" without one. */
export function verdictOn({ aim, servers, unit }: Result): string {
  const rookery = servers.find(({ name }) => name === ROOKERY);
  if (aim === undefined || rookery === undefined) return '';
  if (aim.what === 'nginxRatio') return verdictBesideNginx(aim, servers);
  if (aim.what === 'ratio') {
    const ratio = rookery.ratio?.median ?? NaN;
    const verdict = ratio <= aim.most ? 'reached' : 'missed';
    return ` ${ratio.toFixed(2)} × raw: the aim of at most ${aim.most.toFixed(1)} is ${verdict}.`;
  }
  const perSecond = rookery.unitsPerSecond?.median ?? NaN;
  const verdict = perSecond >= aim.least ? 'reached' : 'missed';
  return ` ${perSecond.toFixed(0)} ${unit}s/s: the aim of at least ${aim.least} is ${verdict}.`;
}

function verdictBesideNginx(aim: AimBesideNginx, servers: readonly Standing[]): string {
  const verdicts = Object.entries(aim.most).flatMap(([name, most]) => {
    const ratio = servers.find((one) => one.name === name)?.nginxRatio?.median;
    if (ratio === undefined) return [];
    const verdict = ratio <= most ? 'reached' : 'missed';
    return [` ${name} ${ratio.toFixed(2)} × nginx: the aim of at most ${most.toFixed(1)} is ${verdict}.`];
  });
  return verdicts.join('');
}

function columnsOf({ bytesPerUnit, servers }: Result): Column[] {
  const isLong = servers.some(({ requestsPerUnit }) => (requestsPerUnit?.median ?? 1) > 1);
  return [
    { head: 'server', cell: ({ name }) => name },
    ...(isLong
      ? [{ head: 'requests', cell: ({ requestsPerUnit }: Standing) => middle(requestsPerUnit, 1) }]
      : []),
    { head: 'Node µs', cell: ({ nodeCpuUs }) => withSpread(nodeCpuUs, 1) },
    { head: 'Postgres µs', cell: ({ postgresCpuUs }) => withSpread(postgresCpuUs, 1) },
    ...(bytesPerUnit === undefined ? [] : [costPerGiB(bytesPerUnit)]),
    { head: '× raw', cell: ({ ratio }) => withSpread(ratio, 2) },
    { head: '× floor', cell: ({ floorRatio }) => middle(floorRatio, 2) },
    { head: '× nginx', cell: ({ nginxRatio }) => withSpread(nginxRatio, 2) },
    { head: 'per second', cell: ({ unitsPerSecond }) => withSpread(unitsPerSecond, 0) },
    { head: 'p50 ms', cell: ({ p50Ms }) => middle(p50Ms, 1) },
    { head: 'p99 ms', cell: ({ p99Ms }) => middle(p99Ms, 1) },
    { head: 'SQL', cell: ({ statements }) => count(statements) },
    { head: 'commits', cell: ({ transactions }) => count(transactions) },
    { head: 'WAL bytes', cell: ({ walBytes }) => middle(walBytes, 0) },
    { head: 'RSS MiB', cell: ({ residentMiB }) => middle(residentMiB, 0) },
    { head: 'load cores', cell: ({ loadCores }) => middle(loadCores, 2) },
  ];
}

function costPerGiB(bytesPerUnit: number): Column {
  const cell = ({ nodeCpuUs, postgresCpuUs }: Standing): string => {
    if (nodeCpuUs === undefined) return '';
    const us = nodeCpuUs.median + (postgresCpuUs?.median ?? 0);
    return ((us / 1000) * (GIB / bytesPerUnit)).toFixed(0);
  };
  return { head: 'CPU ms/GiB', cell };
}

/** The statements that Postgres spends its time on, for whoever wants it faster. */
function sqlOf({ servers, unit }: Result): string {
  const sql = servers.find(({ name }) => name === ROOKERY)?.sql ?? [];
  if (sql.length === 0) return '';
  const lines = sql.map(({ calls, planningMs, executionMs, text }) => {
    const times = [planningMs, executionMs].map((ms) => `${(ms * 1000).toFixed(1).padStart(7)} µs`);
    return `  ${calls.toFixed(3).padStart(7)} × ${times.join(' + ')}  ${text}\n`;
  });
  return `SQL of rookery by ${unit} (calls, planning + execution in Postgres, without the commit):\n${lines.join('')}`;
}

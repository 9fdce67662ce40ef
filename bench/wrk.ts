import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RoundReport } from './load';

const run = promisify(execFile);

/** What wrk is to ask. */
export interface WrkOrder {
  /** A Lua script that makes the requests; it is given the size of the fleet and the gateway token. */
  readonly script: string;
  readonly port: number;
  readonly devices: number;
  readonly gatewayToken: string;
  readonly connections: number;
  readonly signal: AbortSignal;
}

/** Where the program is; undefined when Debian's package `wrk` is not installed. */
export function findWrk(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'wrk'))
    .find((program) => existsSync(program));
}

/** A load generator that costs a fraction of ours, and in return looks at nothing but the status. */
export async function driveWrk(program: string, order: WrkOrder, seconds: number): Promise<RoundReport> {
  const { script, port, devices, gatewayToken, connections, signal } = order;
  const args = [
    ...['--threads', '1', '--connections', String(connections), '--latency'],
    ...['--duration', `${Math.max(1, Math.round(seconds))}s`, '--script', script],
    ...[`http://127.0.0.1:${port}/`, '--', String(devices), gatewayToken],
  ];
  const { stdout } = await run(program, args, { signal });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk was answered wrongly: ${stdout}`);
  const [, count, time = '0', unit = 's'] = /(\d+) requests in ([\d.]+)(\w+)/.exec(stdout) ?? [];
  const units = Number(count);
  if (!(units > 0)) throw new Error(`wrk did not do its work: ${stdout}`);
  return {
    units,
    requests: units,
    seconds: milliseconds(time, unit) / 1000,
    p50Ms: percentile(stdout, 50),
    p99Ms: percentile(stdout, 99),
  };
}

function percentile(output: string, percent: number): number {
  const [, time = '0', unit = 's'] = new RegExp(`\\n +${percent}% +([\\d.]+)(\\w+)`).exec(output) ?? [];
  return milliseconds(time, unit);
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function milliseconds(time: string, unit: string): number {
  return Number(time) * (MS[unit] ?? NaN);
}

import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePort } from '../src/platform/database/embedded/process/free-port';
import type { Workbench } from './workbench';

const REPOSITORY = resolve(__dirname, '..');
const RUN_TYPESCRIPT = join(REPOSITORY, 'test', 'support', 'require-typescript.js');
const READY_PATIENCE_MS = 60_000;
/** A CPU profile of many minutes takes a while to be written. */
const STOP_PATIENCE_MS = 20_000;

/** From here nginx asks Rookery; the load generator asks from another, and is no proxy. */
export const PROXY_ADDRESS = '127.0.0.2';

/** A server under measurement, in a process of its own. */
export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
}

export interface RookeryServer {
  readonly name: string;
  /** The built `main.js`; by default the one of this checkout. */
  readonly main?: string | undefined;
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly apiToken: string;
  readonly gatewayToken: string;
  /** The folder where V8 leaves a CPU profile when the server stops. */
  readonly profile?: string | undefined;
}

/** The built server, as `npm start` runs it, but on the bench's database. */
export async function startRookery(workbench: Workbench, spec: RookeryServer): Promise<Server> {
  const port = await findFreePort();
  const { main = join(REPOSITORY, 'dist', 'src', 'main.js'), profile } = spec;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(process.execPath, [...profiling, main], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'ignore', 'inherit'],
    // Nothing of the developer's shell: a stray ROOKERY_ variable would make it another server.
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      NODE_ENV: 'production',
      ROOKERY_HOST: '127.0.0.1',
      ROOKERY_PORT: String(port),
      ROOKERY_DATA_DIR: spec.dataDir,
      ROOKERY_DATABASE_URL: spec.databaseUrl,
      ROOKERY_BOOTSTRAP_TOKEN: spec.apiToken,
      ROOKERY_BOOTSTRAP_GATEWAY_TOKEN: spec.gatewayToken,
      ROOKERY_TRUSTED_PROXIES: PROXY_ADDRESS,
      ROOKERY_LOG_LEVEL: 'warn',
      // What it reads in the background is no part of a request.
      ROOKERY_SCRUB_RATE: '0',
    },
  });
  workbench.leave(() => stop(child));
  await untilReady(child, `http://127.0.0.1:${port}/readyz`);
  return { name: spec.name, pid: pidOf(child), port };
}

/** The yardstick: what Node's bare HTTP server costs on this machine at this hour. It streams `file`, too. */
export async function startRawServer(workbench: Workbench, file: string): Promise<Server> {
  const { size } = await stat(file);
  const child = startChild(workbench, join(__dirname, 'raw-server.ts'), [file, String(size)]);
  const [port] = (await once(child, 'message')) as [number];
  return { name: 'raw', pid: pidOf(child), port };
}

/** One of our own TypeScript files in a process of its own, which ends with this one and can be sent messages. */
export function startChild(workbench: Workbench, file: string, args: readonly string[] = []): ChildProcess {
  const child = fork(file, args, { execArgv: ['-r', RUN_TYPESCRIPT] });
  workbench.leave(() => stop(child));
  return child;
}

/** Waits for a 200. */
export async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadlineMs = performance.now() + READY_PATIENCE_MS;
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`the server ended while it started, with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    await pause(50);
  }
  throw new Error(`${url} did not answer 200 within ${READY_PATIENCE_MS / 1000} s`);
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await gone;
  clearTimeout(kill);
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started`);
  return child.pid;
}

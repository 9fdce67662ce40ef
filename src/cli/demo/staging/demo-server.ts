import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoFolder } from './demo-folder';

/** How the server of a demo is to be started. */
export interface ServerSpec {
  /** The file with the server's program, for this same Node. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  readonly port: number;
  readonly pollSeconds: number;
}

/** The server has ended, and nobody has asked it to. */
export class ServerLostError extends Error {}

const STOP_PATIENCE_MS = 10_000;
const LOOK_MS = 100;
/** What else is set is meant for the server that is not the demo: its database, for one, must not be played with. */
const KEPT_SETTINGS = ['ROOKERY_LOG_LEVEL'];
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/** The server as a process of its own, on data of its own, with its log in a file. */
export class DemoServer {
  /** Resolves with how it ended. Never rejects. */
  readonly ended: Promise<string>;
  readonly apiToken = secret();
  readonly gatewayToken = secret();
  private child: ChildProcess | undefined;
  private end: (how: string) => void = () => undefined;

  private constructor(
    private readonly spec: ServerSpec,
    readonly folder: DemoFolder,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  static async start(spec: ServerSpec): Promise<DemoServer> {
    const server = new DemoServer(spec, await DemoFolder.make());
    try {
      await server.launch();
      return server;
    } catch (error) {
      await server.folder.remove();
      throw error;
    }
  }

  get url(): string {
    const { host, port } = this.spec;
    const name = ANY_ADDRESS.has(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http://${name}:${port}`;
  }

  /** Resolves when it answers. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.isReady(signal))) await delay(LOOK_MS);
  }

  async lastLogLines(count: number): Promise<string[]> {
    const log = await readFile(this.folder.logFile, 'utf8').catch(() => '');
    return log.trimEnd().split('\n').slice(-count);
  }

  /** Stops it with its Postgres, and removes all that it wrote. */
  async discard(): Promise<void> {
    const { child } = this;
    child?.kill('SIGTERM');
    const patience = new AbortController();
    const late = delay(STOP_PATIENCE_MS, undefined, { signal: patience.signal }).then(
      () => child?.kill('SIGKILL'),
      () => undefined,
    );
    await Promise.race([this.ended, late]);
    patience.abort();
    await this.ended;
    await this.folder.remove();
  }

  private async isReady(signal: AbortSignal): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status === 200;
  }

  private async launch(): Promise<void> {
    // It also holds the password that the first start prints.
    const log = await open(this.folder.logFile, 'a', 0o600);
    try {
      const child = spawn(process.execPath, [this.spec.program], {
        env: this.environment(),
        // The channel tells it when we are gone, however we ended.
        stdio: ['ignore', log.fd, log.fd, 'ipc'],
        // Ctrl-C is for us: we stop the fleet first, and a second signal would end it before its Postgres.
        detached: true,
      });
      this.child = child;
      child.once('exit', (code, signal) => this.end(signal ?? `exit code ${code ?? 0}`));
      child.once('error', (error) => this.end(error.message));
    } finally {
      await log.close();
    }
  }

  private environment(): NodeJS.ProcessEnv {
    const kept = Object.entries(this.spec.environment).filter(
      ([name]) => !name.startsWith('ROOKERY_') || KEPT_SETTINGS.includes(name),
    );
    const { host, port, pollSeconds } = this.spec;
    return {
      ...Object.fromEntries(kept),
      ROOKERY_HOST: host,
      ROOKERY_PORT: String(port),
      ROOKERY_DATA_DIR: this.folder.path,
      ROOKERY_BOOTSTRAP_TOKEN: this.apiToken,
      ROOKERY_BOOTSTRAP_GATEWAY_TOKEN: this.gatewayToken,
      ROOKERY_POLL_INTERVAL: `${pollSeconds}s`,
      ROOKERY_POLL_INTERVAL_MIN: '1s',
    };
  }
}

function secret(): string {
  return `demo-${randomBytes(12).toString('hex')}`;
}

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { entrust, release } from './caretaker';
import { eventually } from './eventually';
import { findFreePort } from './free-port';
import { ProcessGroup, type ProgramExit } from './process-group';

/** How to run the server; everything has a default. */
export interface RookeryOptions {
  /** Default: a free port of this machine. */
  readonly port?: number;
  /** Default: a new folder, removed by {@link RookeryProcess.discard}. */
  readonly dataDir?: string;
  /** Default: none, so the server brings its embedded Postgres. */
  readonly databaseUrl?: string;
  /** The administrator's API token. Default: a random one. */
  readonly bootstrapToken?: string;
  /** The gateway token of the devices. Default: a random one. */
  readonly gatewayToken?: string;
  /** More `ROOKERY_…` settings; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What `/readyz` answers once the server is up. Default: 200; 503 when the test gave it something to complain of. */
  readonly readyStatus?: 200 | 503;
}

const OWN_FOLDER_PREFIX = join(tmpdir(), 'rookery-e2e-');
const REPOSITORY = resolve(__dirname, '../../..');
/**
 * The first start unpacks and initialises an embedded Postgres: 3 s alone, several times that on a busy
 * machine.
 */
const READY_PATIENCE_MS = 60_000;
/** What the server promises for its own end. */
const STOP_PATIENCE_MS = 5_000;

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(OWN_FOLDER_PREFIX);
  entrust({ folder });
  // mkdtemp makes it 0700; root's embedded Postgres runs under another account, which has to walk through.
  await chmod(folder, 0o755);
  return folder;
}

function secret(): string {
  return randomBytes(24).toString('hex');
}

/**
 * The built server (`npm run build` first) as a real process, with a data folder of its own.
 *
 * It inherits nothing of the test's environment but PATH and HOME: a ROOKERY_ variable of the developer's
 * shell, or the NODE_ENV that jest sets, would make it another server than the one that is shipped.
 */
export class RookeryProcess {
  private program: ProcessGroup | undefined;
  private earlierOutput = '';
  private wasKilled = false;
  private readonly isOwnFolder: boolean;

  private constructor(
    /** Address of the server, without a slash at the end. */
    readonly url: string,
    /** The administrator's API token. */
    readonly token: string,
    /** The gateway token of the devices. */
    readonly gatewayToken: string,
    /** Where the server keeps what it must not lose. */
    readonly dataDir: string,
    private settings: Readonly<Record<string, string>>,
    private readonly readyStatus: number,
  ) {
    this.isOwnFolder = dataDir.startsWith(OWN_FOLDER_PREFIX);
  }

  /** Starts a server and waits until it is ready. */
  static async start(options: RookeryOptions = {}): Promise<RookeryProcess> {
    const port = options.port ?? (await findFreePort());
    const dataDir = options.dataDir ?? (await makeFolder());
    const token = options.bootstrapToken ?? secret();
    const gatewayToken = options.gatewayToken ?? secret();
    const settings = {
      ROOKERY_PORT: String(port),
      ROOKERY_DATA_DIR: dataDir,
      ...(options.databaseUrl === undefined ? {} : { ROOKERY_DATABASE_URL: options.databaseUrl }),
      ROOKERY_BOOTSTRAP_TOKEN: token,
      ROOKERY_BOOTSTRAP_GATEWAY_TOKEN: gatewayToken,
      ROOKERY_POLL_INTERVAL: '1s',
      ROOKERY_POLL_INTERVAL_MIN: '1s',
      ...options.settings,
    };
    const server = new RookeryProcess(
      `http://127.0.0.1:${port}`,
      token,
      gatewayToken,
      dataDir,
      settings,
      options.readyStatus ?? 200,
    );
    try {
      await server.launch();
    } catch (failure) {
      // A server that got stuck half-way may have a Postgres running: it gets the chance to end that.
      await server.stop().catch(() => undefined);
      await server.removeFolder();
      throw failure;
    }
    return server;
  }

  /** Everything that the server printed, over all restarts. */
  get output(): string {
    return this.earlierOutput + (this.program?.output ?? '');
  }

  get isRunning(): boolean {
    return this.program?.isRunning === true;
  }

  /** Of the server itself, as it runs now. */
  get pid(): number | undefined {
    return this.program?.pid;
  }

  /** SIGKILL, as by the kernel when memory runs out: for the server only, its Postgres lives on. */
  async kill9(): Promise<void> {
    this.wasKilled = true;
    this.program?.signal('SIGKILL');
    await this.program?.waitForExit(STOP_PATIENCE_MS);
  }

  /** The process stands still until {@link RookeryProcess.resume}, as on a machine that swaps or is moved. */
  suspend(): void {
    this.program?.signal('SIGSTOP');
  }

  resume(): void {
    this.program?.signal('SIGCONT');
  }

  /** Ctrl-C, or what else ends it. Fails when the server has not ended in time (it is killed then). */
  async stop(
    signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
    patienceMs = STOP_PATIENCE_MS,
  ): Promise<ProgramExit | undefined> {
    const { program } = this;
    if (program?.isRunning !== true) {
      return undefined;
    }
    program.signal(signal);
    const exit = await program.waitForExit(patienceMs);
    if (exit === undefined) {
      await this.kill9();
      throw new Error(`the server did not stop in ${patienceMs} ms${program.tail()}`);
    }
    program.killGroup();
    return exit;
  }

  /**
   * Starts the server again on the same port and data: after {@link kill9} at once, else it is stopped first.
   */
  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  /** Starts the server again with other settings on top of those that it had. */
  async restartWith(settings: Readonly<Record<string, string>>): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    await this.restart();
  }

  /** Stops the server and removes its own data folder. After a {@link kill9} the server tidies up itself. */
  async discard(): Promise<void> {
    try {
      if (this.wasKilled && this.program?.isRunning !== true) {
        await this.launch();
      }
      await this.stop();
    } finally {
      this.program?.killGroup();
      await this.removeFolder();
    }
  }

  /** A folder that the test brought along stays: it may want to look, or to start another server on it. */
  private async removeFolder(): Promise<void> {
    if (this.isOwnFolder) {
      await rm(this.dataDir, { recursive: true, force: true });
      release({ folder: this.dataDir });
    }
  }

  private async launch(): Promise<void> {
    this.earlierOutput = this.output;
    this.program?.letGo();
    const program = await ProcessGroup.start({
      command: process.execPath,
      args: ['dist/src/main.js'],
      cwd: REPOSITORY,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...this.settings },
    });
    this.program = program;
    await eventually(() => this.isReadyOrGone(program), { timeoutMs: READY_PATIENCE_MS, everyMs: 50 });
    if (!program.isRunning) {
      throw new Error(`the server ended while it started${program.tail()}`);
    }
    this.wasKilled = false;
  }

  private async isReadyOrGone(program: ProcessGroup): Promise<void> {
    if (!program.isRunning) {
      return;
    }
    const answer = await fetch(`${this.url}/readyz`, { headers: { connection: 'close' } });
    await answer.body?.cancel();
    if (answer.status !== this.readyStatus) {
      throw new Error(`GET /readyz answers ${answer.status}${program.tail()}`);
    }
  }
}

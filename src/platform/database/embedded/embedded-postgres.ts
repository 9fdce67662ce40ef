import { adoptOrStop } from './adoption';
import { ensureDatabase, urlOf } from './connection';
import { prepareDataDirectory } from './cluster/data-directory';
import { EmbeddedPostgresError, explained } from './embedded-postgres.errors';
import { findHome, type Home } from './home/home';
import type { Preparation } from './cluster/initdb';
import { launch, type Launch } from './process/launch';
import type { Log } from './log';
import { OwnerLock } from './home/owner-lock';
import type { Postmaster } from './process/postmaster';
import { ServerLog } from './process/server-log';
import { serverArguments } from './cluster/server-settings';
import { prepareBinaries } from './cluster/staged-binaries';
import { Supervisor } from './process/supervisor';

const LOG_CHECK_MS = 60_000;

export interface EmbeddedPostgresOptions {
  /**
   * Where the cluster should lie; its password, lock and log are files beside it that begin with its name.
   */
  dataDir: string;
  log: Log;
  /** More postgresql settings, such as `{ fsync: 'off' }` for tests; address, port and log stay ours. */
  settings?: Record<string, string>;
}

/** A server that accepts connections. The url holds the password of a superuser and is good until `stop`. */
export interface RunningPostgres {
  url: string;
  /** Where the cluster really lies; as root this may be below /var/lib/rookery. */
  dataDir: string;
  /** True when the server survived an earlier Rookery process and was taken over. */
  isAdopted: boolean;
}

/**
 * A real Postgres server as a child process, for installations without one of their own: created at the first
 * start, restarted on the same port when it dies. It survives us when we are killed, and the next start
 * adopts it. Only one process may own a data directory. Everything that goes wrong is an
 * EmbeddedPostgresError.
 */
export class EmbeddedPostgres {
  private starting: Promise<RunningPostgres> | undefined;
  private stopped: Promise<void> | undefined;
  private lock: OwnerLock | undefined;
  private supervisor: Supervisor | undefined;
  private logCheck: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(private readonly options: EmbeddedPostgresOptions) {}

  /**
   * Resolves when the server accepts connections and the database `rookery` exists. Works once per instance.
   */
  start(): Promise<RunningPostgres> {
    if (this.isStopping)
      return Promise.reject(new EmbeddedPostgresError('This embedded Postgres was stopped.'));
    this.starting ??= this.startOnce();
    return this.starting;
  }

  /**
   * Stops the server within a few seconds, also one that is still starting. May be called any number of
   * times.
   */
  stop(): Promise<void> {
    this.isStopping = true;
    this.stopped ??= this.stopOnce();
    return this.stopped;
  }

  private async startOnce(): Promise<RunningPostgres> {
    try {
      const home = await findHome(this.options.dataDir, this.options.log);
      this.lock = await OwnerLock.take(home.lockFile);
      return await this.run(home);
    } catch (error) {
      await this.release().catch((second: unknown) => this.options.log('warn', String(second)));
      throw explained('The embedded Postgres could not be started', error);
    }
  }

  private async run(home: Home): Promise<RunningPostgres> {
    const { log, settings = {} } = this.options;
    const serverLog = new ServerLog(home.logFile);
    const preparation: Preparation = { home, settings, log, binaries: await prepareBinaries(home, log) };
    const plan = this.planFor(preparation, serverLog);
    const adopted = await adoptOrStop(preparation);
    const password = adopted?.password ?? (await prepareDataDirectory(preparation));
    const postmaster = adopted?.postmaster ?? (await launch(plan));
    this.supervise(postmaster, plan);
    const credentials = { port: postmaster.port, password };
    await ensureDatabase(credentials);
    if (!adopted)
      log(
        'info',
        `Postgres ${preparation.binaries.version} runs on ${home.dataDir} (pid ${postmaster.pid}).`,
      );
    return { url: urlOf(credentials), dataDir: home.dataDir, isAdopted: adopted !== undefined };
  }

  private planFor({ home, settings, log, binaries }: Preparation, serverLog: ServerLog): Launch {
    const args = serverArguments(home.dataDir, settings);
    return {
      command: { program: binaries.postgres, args, account: home.account, serverLog },
      dataDir: home.dataDir,
      log,
      isCancelled: () => this.isStopping,
    };
  }

  private supervise(postmaster: Postmaster, plan: Launch): void {
    const { log } = this.options;
    this.supervisor = new Supervisor(postmaster, () => launch(plan, postmaster.port), log);
    this.logCheck = setInterval(() => {
      plan.command.serverLog.rotate().catch((error: unknown) => log('warn', String(error)));
    }, LOG_CHECK_MS).unref();
  }

  private async stopOnce(): Promise<void> {
    // A failed start has cleaned up behind itself and told its caller.
    await this.starting?.catch(() => undefined);
    try {
      await this.release();
    } catch (error) {
      throw explained('The embedded Postgres could not be stopped', error);
    }
  }

  private async release(): Promise<void> {
    clearInterval(this.logCheck);
    await this.supervisor?.stop();
    this.supervisor = undefined;
    await this.lock?.release();
    this.lock = undefined;
  }
}

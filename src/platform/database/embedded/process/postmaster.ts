import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError, hasCode, messageOf } from '../embedded-postgres.errors';
import type { Account } from './account';
import { birthOf } from './os-process';
import { cleanEnvironment, identityOf, spawnError } from './program';
import type { ServerLog } from './server-log';

const WATCH_INTERVAL_MS = 250;
/** Fast shutdown; immediate shutdown (the next start recovers from the log); and what cannot be refused. */
const SIGNALS: ReadonlyArray<readonly [NodeJS.Signals, number]> = [
  ['SIGINT', 4000],
  ['SIGQUIT', 6000],
  ['SIGKILL', 3000],
];

/** What a server is started with. */
export interface PostmasterCommand {
  program: string;
  args: string[];
  account: Account | undefined;
  serverLog: ServerLog;
}

/** The main process of a Postgres server: our child, or one that an earlier process of ours left running. */
export class Postmaster {
  /** Resolves (never rejects) with how it ended. */
  readonly gone: Promise<string>;
  private hasGone = false;

  private constructor(
    readonly pid: number,
    readonly port: number,
    private readonly birth: string,
    gone: Promise<string>,
  ) {
    this.gone = gone.then((reason) => {
      this.hasGone = true;
      return reason;
    });
  }

  /**
   * Starts a server; it may not accept connections yet. It outlives us: Ctrl-C in our terminal does not reach
   * it.
   */
  static async spawn(command: PostmasterCommand, port: number): Promise<Postmaster> {
    const output = await command.serverLog.open();
    try {
      const child = spawn(command.program, [...command.args, '-c', `port=${port}`], {
        ...identityOf(command.account),
        env: cleanEnvironment(),
        cwd: '/',
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      });
      const gone = new Promise<string>((resolve) => {
        child.on('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
        child.on('error', (error) => resolve(messageOf(spawnError(command.program, error))));
      });
      child.unref();
      if (child.pid === undefined) throw new EmbeddedPostgresError(await gone);
      return new Postmaster(child.pid, port, (await birthOf(child.pid)) ?? '', gone);
    } catch (error) {
      // Some reasons are thrown, others come as an event.
      throw error instanceof EmbeddedPostgresError ? error : spawnError(command.program, error);
    } finally {
      await output.close();
    }
  }

  /**
   * Takes a running server over; the caller has made sure that `pid` is one. Undefined when it is gone
   * already.
   */
  static async adopt(pid: number, port: number): Promise<Postmaster | undefined> {
    const birth = await birthOf(pid);
    if (birth === undefined) return undefined;
    return new Postmaster(pid, port, birth, watch(pid, birth));
  }

  get isGone(): boolean {
    return this.hasGone;
  }

  /** Stops the server: fast, then at once, then by force. */
  async stop(): Promise<void> {
    for (const [signal, patienceMs] of SIGNALS) {
      await this.signal(signal);
      if (await this.isGoneWithin(patienceMs)) return;
    }
    throw new EmbeddedPostgresError(
      `The Postgres server with pid ${this.pid} cannot be stopped, not even by SIGKILL.`,
    );
  }

  async isGoneWithin(patienceMs: number): Promise<boolean> {
    const abort = new AbortController();
    const patience = pause(patienceMs, undefined, { signal: abort.signal }).catch(() => undefined);
    await Promise.race([this.gone, patience]);
    abort.abort();
    return this.hasGone;
  }

  /** The pid may be somebody else's by now, so its birth is compared first. */
  private async signal(signal: NodeJS.Signals): Promise<void> {
    if (this.hasGone || (await birthOf(this.pid)) !== this.birth) return;
    try {
      process.kill(this.pid, signal);
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) {
        throw new EmbeddedPostgresError(
          `Postgres (pid ${this.pid}) cannot be signalled: ${messageOf(error)}`,
          error,
        );
      }
    }
  }
}

/** The end of a process that is not our child can only be seen by looking. */
async function watch(pid: number, birth: string): Promise<string> {
  while ((await birthOf(pid)) === birth) await pause(WATCH_INTERVAL_MS, undefined, { ref: false });
  return 'its process is gone';
}

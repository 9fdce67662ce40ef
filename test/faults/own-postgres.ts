import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres';
import { commandAs, IS_ROOT } from '../e2e/support/account';
import { entrust, release } from '../e2e/support/caretaker';
import { ProcessGroup } from '../e2e/support/process-group';
import { untilAnswering } from './connection';
import { Postgres } from './postgres';

const STOP_MS = 15_000;

/**
 * A Postgres that stands beside Rookery, as an operator's own would (`ROOKERY_DATABASE_URL`): nobody but us starts it
 * again. It has the settings of the embedded one, fsync among them.
 */
export class OwnPostgres extends Postgres {
  override readonly isSupervised = false;
  private server: ProcessGroup | undefined;
  private earlierLog = '';

  private constructor(
    override readonly url: string,
    override readonly dataDir: string,
    private readonly folder: string,
    private readonly command: readonly string[],
  ) {
    super();
  }

  /** `settings` are more of Postgres' own. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'rookery-faults-postgres-'));
    entrust({ folder });
    await chmod(folder, 0o755);
    const dataDirWish = join(folder, 'postgres');
    const maker = new EmbeddedPostgres({
      dataDir: dataDirWish,
      log: () => undefined,
      settings: { ...settings },
    });
    const { url, dataDir } = await maker.start();
    const command = await commandOf(dataDir);
    await maker.stop();
    const postgres = new OwnPostgres(url, dataDir, folder, command);
    await postgres.restored();
    return postgres;
  }

  override get log(): string {
    return this.earlierLog + (this.server?.output ?? '');
  }

  /** Starts it, again and again while what the killed one left is still in the way. */
  override async restored(): Promise<number> {
    for (;;) {
      const running = this.server?.isRunning === true ? this.server : undefined;
      const server = running ?? (await this.launch());
      try {
        return await untilAnswering(this.url, () => !server.isRunning);
      } catch (error) {
        // One that ran was just killed; a new one may find that the killed one has left something in its way.
        const isExpected =
          server === running || /pre-existing shared memory block|lock file/.test(server.output);
        if (server.isRunning || !isExpected)
          throw new Error(`Postgres did not start${server.tail()}`, { cause: error });
      }
      await delay(20);
    }
  }

  override async discard(): Promise<void> {
    this.thaw();
    this.server?.signal('SIGINT');
    await this.server?.waitForExit(STOP_MS);
    this.server?.killGroup();
    await rm(this.folder, { recursive: true, force: true });
    release({ folder: this.folder });
  }

  protected override postmasterPid(): number {
    return Number(readFileSync(join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  private async launch(): Promise<ProcessGroup> {
    this.earlierLog = this.log;
    this.server?.letGo();
    const [command = '', ...args] = this.command;
    this.server = await ProcessGroup.start({ command, args, cwd: '/', env: { LC_ALL: 'C' } });
    return this.server;
  }
}

/** How the cluster's last server was started, as the account that owns it. */
async function commandOf(dataDir: string): Promise<string[]> {
  const text = (await readFile(join(dataDir, 'postmaster.opts'), 'utf8')).trim();
  const firstQuote = text.indexOf(' "');
  const args = [...text.slice(firstQuote).matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
  const { uid, gid } = await stat(dataDir);
  return commandAs(IS_ROOT ? { name: 'postgres', uid, gid } : undefined, [
    text.slice(0, firstQuote),
    ...args,
  ]);
}

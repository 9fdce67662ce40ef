import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commandAs, createAccount, removeAccount, type Account } from './account';
import { cloneRepository } from './clone';
import { processesIn } from './processes';
import { ProcessGroup, type ProgramExit } from './process-group';

/** What `npm start` tells at the very first start. */
export interface PrintedSecrets {
  readonly password: string;
  readonly apiToken: string;
  readonly gatewayToken: string;
}

/** Where and as whom somebody tries Rookery. */
export interface NewcomerOptions {
  /** The home; `0o700` closes it to the account that runs root's Postgres. */
  readonly homeMode: number;
  /** The clone's folder below the home. */
  readonly folder: string;
  /** A throwaway account of its own instead of the one that runs the tests. */
  readonly isOrdinaryUser: boolean;
}

const START_PATIENCE_MS = 120_000;
const INSTALL_PATIENCE_MS = 240_000;
/** Variables that npm, jest and a developer's shell leave behind. */
const OURS = /^(npm_.*|NODE_ENV|JEST_.*|ROOKERY_.*)$/i;
const STAGED = /its database lies in (\S+?)\.\n/g;

/** A person in front of a fresh clone, who types `npm ci` and `npm start` and reads what comes. */
export class Newcomer {
  private readonly stagedFolders = new Set<string>();

  private constructor(
    readonly home: string,
    /** The clone. */
    readonly folder: string,
    private readonly account: Account | undefined,
  ) {}

  /** Makes the home, the account and the clone. */
  static arrive(options: NewcomerOptions): Newcomer {
    const home = mkdtempSync(join(realpathSync(tmpdir()), 'rookery-newcomer-'));
    const account = options.isOrdinaryUser ? createAccount(home) : undefined;
    const newcomer = new Newcomer(home, join(home, options.folder), account);
    try {
      chmodSync(home, options.homeMode);
      mkdirSync(dirname(newcomer.folder), { recursive: true });
      cloneRepository(newcomer.folder);
      newcomer.own();
      return newcomer;
    } catch (failure) {
      newcomer.leave();
      throw failure;
    }
  }

  /** `npm ci`, for real. */
  async install(): Promise<void> {
    const npm = await this.run(['npm', 'ci'], this.networkEnvironment());
    const exit = await npm.waitForExit(INSTALL_PATIENCE_MS);
    npm.killGroup();
    if (exit?.code !== 0) {
      throw new Error(`npm ci in a fresh clone ended with ${String(exit?.code)}${npm.tail()}`);
    }
  }

  /** Saves the time of another `npm ci`: the same files, as if this one had fetched them. */
  installAs(other: Newcomer): void {
    const modules = 'node_modules';
    cpSync(join(other.folder, modules), join(this.folder, modules), {
      recursive: true,
      verbatimSymlinks: true,
    });
    this.own();
  }

  /** `npm start` with these `ROOKERY_…` settings; does not wait for anything. */
  async typeStart(settings: Readonly<Record<string, string>>): Promise<Session> {
    const npm = await this.run(['npm', 'start'], { ...this.environment(), ...settings });
    return new Session(npm, this);
  }

  /** `npm start`, and waits until the server has printed what it has to say. */
  async start(settings: Readonly<Record<string, string>>): Promise<Session> {
    const session = await this.typeStart(settings);
    await session.waitForOutput(/Try next:[\s\S]*\n\n/, START_PATIENCE_MS);
    return session;
  }

  /** Everything that runs in the clone or on its database. */
  get processes(): ReturnType<typeof processesIn> {
    return processesIn(this.folder, ...this.stagedFolders);
  }

  /** Remembers where root's database went, from what the server said. */
  readOutput(output: string): void {
    for (const [, folder] of output.matchAll(STAGED)) {
      if (folder !== undefined) {
        this.stagedFolders.add(dirname(folder));
      }
    }
  }

  /** Ends what still runs and removes every trace: clone, home, account, staged database. */
  leave(): void {
    for (const { pid } of this.processes) {
      process.kill(pid, 'SIGKILL');
    }
    for (const folder of [this.home, ...this.stagedFolders]) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
    if (this.account !== undefined) {
      removeAccount(this.account);
    }
  }

  private async run(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ProcessGroup> {
    const [program = 'npm', ...args] = commandAs(this.account, command);
    return ProcessGroup.start({ command: program, args, cwd: this.folder, env });
  }

  /** What a login gives, and nothing of jest's or the developer's. */
  private environment(): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: this.home, LANG: 'C.UTF-8' };
  }

  /** The machine's way to the package registry (proxy, certificates), without what npm and jest set for us. */
  private networkEnvironment(): Record<string, string> {
    const inherited = Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || OURS.test(name) ? [] : [[name, value] as const],
    );
    // Whoever runs the tests has npm's cache; a new account cannot write there.
    return { ...Object.fromEntries(inherited), ...(this.account === undefined ? {} : { HOME: this.home }) };
  }

  private own(): void {
    if (this.account !== undefined) {
      execFileSync('chown', ['-R', `${this.account.uid}:${this.account.gid}`, this.home]);
    }
  }
}

/** One `npm start`. */
export class Session {
  constructor(
    private readonly npm: ProcessGroup,
    private readonly newcomer: Newcomer,
  ) {}

  get output(): string {
    this.newcomer.readOutput(this.npm.output);
    return this.npm.output;
  }

  async waitForOutput(pattern: RegExp, timeoutMs: number): Promise<void> {
    await this.npm.waitForOutput(pattern, timeoutMs);
    this.newcomer.readOutput(this.npm.output);
  }

  /** The secrets that this start printed. */
  get secrets(): PrintedSecrets {
    const after = (label: string): string =>
      new RegExp(`^ *${label} +(\\S+)`, 'm').exec(this.output)?.[1] ?? '';
    return {
      password: after('password'),
      apiToken: after('API token'),
      gatewayToken: after('gateway token'),
    };
  }

  /** Where it says that it listens. */
  get url(): string {
    return /listens on (\S+)/.exec(this.output)?.[1] ?? '';
  }

  /** The file that it says keeps the secrets. */
  get credentialsFile(): string {
    return /^(?:The credentials of the first start are in | {2})(\/.*\.json)/m.exec(this.output)?.[1] ?? '';
  }

  /** Ctrl-C: npm, its shell and the server get the signal at once. */
  interrupt(): void {
    this.npm.signalGroup('SIGINT');
  }

  /** `kill -9` of the server alone, as the kernel does when memory runs out. */
  kill9(): void {
    const server = this.newcomer.processes.find(({ command }) => command.includes('dist/src/main.js'));
    if (server === undefined) {
      throw new Error('there is no server to kill');
    }
    process.kill(server.pid, 'SIGKILL');
  }

  async waitForExit(timeoutMs: number): Promise<ProgramExit | undefined> {
    const exit = await this.npm.waitForExit(timeoutMs);
    this.newcomer.readOutput(this.npm.output);
    return exit;
  }
}

/** The secrets as the file holds them. */
export function readSecrets(file: string): PrintedSecrets {
  if (!existsSync(file)) {
    throw new Error(`there is no ${file}`);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as PrintedSecrets;
}

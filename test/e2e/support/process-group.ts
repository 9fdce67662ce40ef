import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { entrust, release } from './caretaker';
import { eventually } from './eventually';

/** What to run. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a program ended. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A real program with its output captured, started as the leader of a process group of its own.
 *
 * The group makes cleaning up safe: swupdate forks (suricatta, its downloader), and whoever of them hangs is
 * reached by one SIGKILL, whether the first of them still lives or not. A test that dies in the middle leaves none
 * behind.
 */
export class ProcessGroup {
  private readonly child: ChildProcess;
  private readonly ended: Promise<ProgramExit>;
  private captured = '';
  private failure: Error | undefined;
  private isEntrusted = false;

  /** Spawns the program; use {@link ProcessGroup.start}, which also waits until it is there. */
  private constructor(private readonly spec: ProgramSpec) {
    this.child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...spec.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.captured += text;
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
      this.child.once('error', (failure) => {
        this.failure = failure;
        resolve({ code: null, signal: null });
      });
    });
    if (this.child.pid !== undefined) {
      entrust({ group: this.child.pid });
      this.isEntrusted = true;
    }
  }

  /** Starts a program; fails when it cannot be executed at all. */
  static async start(spec: ProgramSpec): Promise<ProcessGroup> {
    const group = new ProcessGroup(spec);
    await once(group.child, 'spawn').catch((failure: unknown) => {
      throw new Error(`${spec.command} cannot be started`, { cause: failure });
    });
    return group;
  }

  /** Everything that the program wrote so far, stdout and stderr as they came. */
  get output(): string {
    return this.captured;
  }

  /** True until the program itself has ended (its children may still live). */
  get isRunning(): boolean {
    return this.failure === undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for a piece of output; fails at once when the program ends without having written it. */
  async waitForOutput(pattern: string | RegExp, timeoutMs: number): Promise<void> {
    const isThere = (): boolean =>
      typeof pattern === 'string' ? this.captured.includes(pattern) : pattern.test(this.captured);
    await eventually(
      () => {
        if (!isThere() && this.isRunning) {
          throw new Error(`${this.spec.command} did not write ${String(pattern)}${this.tail()}`);
        }
      },
      { timeoutMs, everyMs: 20 },
    );
    if (!isThere()) {
      throw new Error(`${this.spec.command} ended without writing ${String(pattern)}${this.tail()}`);
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Sends a signal to the program alone, not to its children. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal to the program and its children at once, as the terminal does for Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) {
      process.kill(-this.child.pid, signal);
    }
  }

  /** Waits for the end of the program; undefined when it still runs after `timeoutMs`. */
  async waitForExit(timeoutMs: number): Promise<ProgramExit | undefined> {
    const patience = new AbortController();
    try {
      return await Promise.race([this.ended, delay(timeoutMs, undefined, { signal: patience.signal })]);
    } finally {
      patience.abort();
    }
  }

  /**
   * SIGKILL for the program and every child that stayed in its group; once, since its number may be reused
   * later.
   */
  killGroup(): void {
    if (!this.isEntrusted || this.child.pid === undefined) {
      return;
    }
    this.isEntrusted = false;
    release({ group: this.child.pid });
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // ESRCH: nobody of the group lives any more, which is what we want.
    }
  }

  /** Lets what is left of an ended program's group go: its number may be somebody else's soon. */
  letGo(): void {
    if (this.isEntrusted && this.child.pid !== undefined && !this.isRunning) {
      this.isEntrusted = false;
      release({ group: this.child.pid });
    }
  }

  /** The last lines of the output, for error messages. */
  tail(lines = 30): string {
    return `\n--- last output\n${this.captured.trimEnd().split('\n').slice(-lines).join('\n')}\n---`;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from './eventually';

const REPOSITORY = resolve(__dirname, '../../..');

/** How large a terminal is. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What to run in a terminal. */
export interface TerminalSpec {
  /** As one types it; it is handed to a shell. */
  readonly command: string;
  readonly size: TerminalSize;
  /** In addition to what a login gives. */
  readonly env?: Readonly<Record<string, string>>;
  /** The size that {@link PseudoTerminal.shrink} gives it. */
  readonly smallSize?: TerminalSize;
}

const stty = ({ columns, rows }: TerminalSize): string => `stty cols ${columns} rows ${rows} < /dev/tty`;

/** A program in a terminal of its own, which `script` of util-linux opens: keys go in, what is drawn comes out. */
export class PseudoTerminal {
  private readonly folder = mkdtempSync(join(tmpdir(), 'rookery-terminal-'));
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;
  private captured = '';

  constructor({ command, size, smallSize = size, env = {} }: TerminalSpec) {
    const signal = join(this.folder, 'shrink');
    // The size of a terminal can only be set from within.
    const resizer = `(while [ ! -e '${signal}' ]; do sleep 0.1; done; ${stty(smallSize)}) &`;
    this.child = spawn('script', ['-qfec', `${stty(size)}; ${resizer} exec ${command}`, '/dev/null'], {
      cwd: REPOSITORY,
      env: {
        ...{ PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', SHELL: '/bin/sh' },
        ...{ LANG: 'C.UTF-8', TERM: 'xterm-256color', ...env },
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.captured += text));
    this.ended = new Promise((done) => this.child.once('close', done));
  }

  /** Every byte that was written to the terminal, escape codes and all. */
  get output(): string {
    return this.captured;
  }

  async waitForOutput(text: string | RegExp, timeoutMs: number): Promise<void> {
    await eventually(() => expect(this.captured).toMatch(text), { timeoutMs });
  }

  pressCtrlC(): void {
    this.child.stdin?.write('\u0003');
  }

  /** The window becomes smaller. */
  shrink(): void {
    writeFileSync(join(this.folder, 'shrink'), '');
  }

  /** The exit code of the program. */
  waitForExit(): Promise<number | null> {
    return this.ended;
  }

  /** Closes the window: who still runs in it gets SIGHUP. */
  async close(): Promise<void> {
    this.shrink();
    this.child.kill('SIGKILL');
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

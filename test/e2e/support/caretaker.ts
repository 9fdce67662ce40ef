import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** What must not outlive the tests: a process group by its leader, or a folder and all processes that work in it. */
export type Belonging = { readonly group: number } | { readonly folder: string };

const kept = new Set<string>();
/** The caretaker's ear. */
let caretaker: Writable | undefined;

/**
 * Asks a small process of its own to clear `belonging` away should we end before {@link release}: after a Ctrl-C, a
 * `timeout` or a SIGKILL nothing of ours could run any more.
 */
export function entrust(belonging: Belonging): void {
  caretaker ??= employ();
  kept.add(JSON.stringify(belonging));
  tell({ keep: belonging });
}

/** It is gone. With the last belonging the caretaker goes too. */
export function release(belonging: Belonging): void {
  if (!kept.delete(JSON.stringify(belonging))) return;
  tell({ drop: belonging });
  if (kept.size > 0) return;
  caretaker?.end();
  caretaker = undefined;
}

function employ(): Writable {
  const child = spawn(process.execPath, [join(__dirname, 'caretaker.mjs')], {
    // A group of its own: the terminal's Ctrl-C must not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const { stdin } = child;
  stdin.on('error', () => undefined);
  child.unref();
  if (stdin instanceof Socket) stdin.unref();
  return stdin;
}

function tell(line: object): void {
  caretaker?.write(`${JSON.stringify(line)}\n`);
}

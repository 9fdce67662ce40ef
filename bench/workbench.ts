import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Undo = () => Promise<unknown>;

/** What a run has started and must not leave behind: a temporary folder, servers, a database. */
export class Workbench {
  private readonly undos: Undo[] = [];
  private readonly end = new AbortController();
  private clearing: Promise<void> | undefined;

  private constructor(readonly folder: string) {}

  static async set(): Promise<Workbench> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'rookery-bench-'));
    const workbench = new Workbench(folder);
    workbench.leave(() => rm(folder, { recursive: true, force: true }));
    // As root the embedded Postgres runs under another account, which has to walk through this folder.
    await chmod(folder, 0o755);
    return workbench;
  }

  /** Aborted as soon as the bench is cleared, for programs that end by themselves otherwise. */
  get signal(): AbortSignal {
    return this.end.signal;
  }

  /** A part of this bench that can be cleared earlier, and is cleared with it at the latest. */
  corner(): Workbench {
    const corner = new Workbench(this.folder);
    this.leave(() => corner.clear());
    return corner;
  }

  /** Says how something that was just started is ended; the latest is ended first. */
  leave(undo: Undo): void {
    this.undos.push(undo);
  }

  /** Ends everything, whatever fails on the way. May be called any number of times. */
  clear(): Promise<void> {
    this.clearing ??= this.clearOnce();
    return this.clearing;
  }

  private async clearOnce(): Promise<void> {
    this.end.abort();
    for (const undo of this.undos.reverse()) {
      await undo().catch((error: unknown) => process.stderr.write(`While tidying up: ${String(error)}\n`));
    }
  }
}

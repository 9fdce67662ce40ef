import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError, hasCode } from '../embedded-postgres.errors';
import { birthOf } from '../process/os-process';
import { Stopwatch } from '../stopwatch';

const PATIENCE_MS = 5000;

interface Owner {
  pid: number;
  birth: string;
}

/**
 * The file that says which Rookery process owns a data directory. A lock whose process is gone is taken over;
 * one process cannot take it twice. It cannot see processes of another container or machine on the same
 * volume.
 */
export class OwnerLock {
  private constructor(
    private readonly file: string,
    private readonly content: string,
  ) {}

  static async take(file: string): Promise<OwnerLock> {
    const owner: Owner = { pid: process.pid, birth: (await birthOf(process.pid)) ?? '' };
    const content = JSON.stringify({ ...owner, token: randomUUID() });
    // Written aside and linked: whoever finds the lock finds it whole.
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, content, { mode: 0o644 });
    try {
      const stopwatch = new Stopwatch();
      while (stopwatch.elapsedMs < PATIENCE_MS) {
        if (await linkIfAbsent(draft, file)) return new OwnerLock(file, content);
        await removeIfStale(file);
      }
      throw new EmbeddedPostgresError(`${file} cannot be taken over; is another Rookery starting right now?`);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Gives the data directory free; does nothing when the lock is not ours any more. */
  async release(): Promise<void> {
    if ((await contentOf(this.file)) === this.content) await rm(this.file, { force: true });
  }
}

/** Throws when the lock's owner lives. */
async function removeIfStale(file: string): Promise<void> {
  const content = await contentOf(file);
  if (content === undefined) return;
  await refuseIfAlive(file, content);
  // Several may have read the same stale lock. Only the holder of a lock on exactly that content may remove
  // it, so a slow one cannot remove the fresh lock of a faster one.
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  const removal = await OwnerLock.take(`${file}.${hash}`).catch(() => undefined);
  if (!removal) {
    await pause(10);
    return;
  }
  try {
    if ((await contentOf(file)) === content) await rm(file, { force: true });
  } finally {
    await removal.release();
  }
}

async function linkIfAbsent(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function contentOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

async function refuseIfAlive(file: string, content: string): Promise<void> {
  const owner = parseOwner(content);
  if (!owner || (await birthOf(owner.pid)) !== owner.birth) return;
  const who = owner.pid === process.pid ? 'this very process' : `process ${owner.pid}`;
  throw new EmbeddedPostgresError(
    `The embedded Postgres is already in use by another Rookery (${who}, says ${file}). ` +
      'Stop that one first, give this one a data directory of its own, or let both use an external Postgres.',
  );
}

function parseOwner(content: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, birth } = value as Partial<Owner>;
    return typeof pid === 'number' && typeof birth === 'string' ? { pid, birth } : undefined;
  } catch {
    return undefined;
  }
}

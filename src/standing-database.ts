import { join } from 'node:path';
import type { Settings } from './platform/config/settings';
import { EmbeddedPostgres } from './platform/database/embedded/embedded-postgres';
import { findRunningServer } from './platform/database/embedded/running-server';
import type { Log } from './platform/database/embedded/log';

const log: Log = (level, message) => {
  if (level !== 'info') process.stderr.write(`${level}: ${message}\n`);
};

/**
 * Runs a program's work on the database that the settings mean: the operator's own, else the embedded one. That is used as it
 * runs when the work is content `beside` a server; otherwise, or when it does not run, it is started and stopped again,
 * which is refused while a server has it.
 */
export async function onStandingDatabase<T>(
  settings: Settings,
  where: 'beside' | 'alone',
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  if (settings.databaseUrl !== undefined) return work(settings.databaseUrl);
  const dataDir = join(settings.dataDir, 'postgres');
  const running = where === 'beside' ? await findRunningServer(dataDir, log) : undefined;
  if (running !== undefined) return work(running);
  const embedded = new EmbeddedPostgres({ dataDir, log });
  const early = (): void => void embedded.stop().finally(() => process.exit(130));
  process.once('SIGINT', early).once('SIGTERM', early);
  try {
    const { url } = await embedded.start();
    return await work(url);
  } finally {
    await embedded.stop();
    process.off('SIGINT', early).off('SIGTERM', early);
  }
}

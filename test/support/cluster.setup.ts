import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres';

/**
 * One Postgres for a whole test run, kept where the teardown finds it: jest gives both the same globalThis.
 */
export interface TestCluster {
  postgres: EmbeddedPostgres;
  folders: string[];
  watchdog: ChildProcess;
}

declare global {
  var rookeryTestClusters: TestCluster[] | undefined;
}

/** Histories are put in the order of their commits. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  track_commit_timestamp: 'on',
};

/**
 * Hands a Postgres url with the right to create databases to the tests as ROOKERY_TEST_DATABASE_URL: that of
 * ROOKERY_TEST_EXTERNAL_DATABASE_URL, or of a fresh embedded server.
 */
export default async function startCluster(): Promise<void> {
  const external = process.env['ROOKERY_TEST_EXTERNAL_DATABASE_URL'];
  process.env['ROOKERY_TEST_DATABASE_URL'] = external ? external : await startEmbedded();
}

async function startEmbedded(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'rookery-test-'));
  const problems: string[] = [];
  const log = (level: string, message: string): void => {
    if (level !== 'info') problems.push(message);
  };
  const postgres = new EmbeddedPostgres({ dataDir: join(folder, 'postgres'), log, settings: SETTINGS });
  try {
    // As root the server runs under another account, which has to walk through this folder.
    await chmod(folder, 0o755);
    const { url, dataDir } = await postgres.start();
    const folders = [...new Set([folder, dirname(dataDir)])];
    (globalThis.rookeryTestClusters ??= []).push({ postgres, folders, watchdog: watch(dataDir, folders) });
    return url;
  } catch (error) {
    await postgres.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
    throw new Error(['The test cluster did not start.', ...problems].join('\n'), { cause: error });
  }
}

/**
 * Jest runs no teardown when it is interrupted or killed; then its end of this pipe closes, and the shell
 * cleans up.
 */
function watch(dataDir: string, folders: string[]): ChildProcess {
  const script = 'read -r line; kill -QUIT "$(head -n 1 "$1/postmaster.pid")"; sleep 1; shift; rm -rf "$@"';
  const watchdog = spawn('sh', ['-c', script, 'rookery-test-watchdog', dataDir, ...folders], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => undefined);
  watchdog.unref();
  if (watchdog.stdin && 'unref' in watchdog.stdin) (watchdog.stdin as unknown as { unref(): void }).unref();
  return watchdog;
}

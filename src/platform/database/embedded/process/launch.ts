import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError } from '../embedded-postgres.errors';
import { findFreePort } from './free-port';
import type { Log } from '../log';
import { stopOrphans } from './orphans';
import { isPostgresOf } from './os-process';
import { findPidFile, removeStalePidFile } from './pid-file';
import { Postmaster, type PostmasterCommand } from './postmaster';
import { Stopwatch } from '../stopwatch';

const READY_POLL_MS = 20;
const READY_LIMIT_MS = 10 * 60_000;
const RECOVERY_NOTICE_MS = 10_000;
const PORT_ATTEMPTS = 10;
const LEFTOVERS_PATIENCE_MS = 20_000;

/** A start of the server on `dataDir`; `isCancelled` is asked again and again and ends it early. */
export interface Launch {
  command: PostmasterCommand;
  dataDir: string;
  log: Log;
  isCancelled: () => boolean;
}

/** How a start went: a running server, or the reason in the server's own words. */
type Outcome = { postmaster: Postmaster } | { failure: string };

/**
 * Starts the server and waits until it accepts connections, however long it has to recover. Without a port it
 * takes a free one, and another when that was snatched away; what a killed server left running is ended.
 */
export async function launch(plan: Launch, fixedPort?: number): Promise<Postmaster> {
  const stopwatch = new Stopwatch();
  for (let portAttempt = 1; ;) {
    await clearPidFile(plan);
    const outcome = await attempt(plan, fixedPort ?? (await findFreePort()));
    if ('postmaster' in outcome) return outcome.postmaster;
    const { failure } = outcome;
    if (isPortTaken(failure) && fixedPort === undefined && portAttempt < PORT_ATTEMPTS) {
      portAttempt += 1;
    } else if (hasLeftovers(failure) && stopwatch.elapsedMs < LEFTOVERS_PATIENCE_MS) {
      const count = await stopOrphans(plan.dataDir);
      if (count > 0) plan.log('warn', `Ended ${count} processes that a killed Postgres server had left.`);
      await pause(200);
    } else {
      throw new EmbeddedPostgresError(
        `Postgres did not start on ${plan.dataDir}: ${adviceFor(failure)}${failure}`,
      );
    }
  }
}

/** The pid file of a living server of this very directory is left to Postgres, which will refuse to start. */
async function clearPidFile({ dataDir }: Launch): Promise<void> {
  const found = await findPidFile(dataDir);
  if (found && (await isPostgresOf(found.pid, dataDir))) return;
  await removeStalePidFile(dataDir);
}

async function attempt(plan: Launch, port: number): Promise<Outcome> {
  const { serverLog } = plan.command;
  await serverLog.rotate();
  const offset = await serverLog.sizeBytes();
  const postmaster = await Postmaster.spawn(plan.command, port);
  if (await isReady(plan, postmaster)) return { postmaster };
  if (!postmaster.isGone) {
    await postmaster.stop();
    const tooSlow = `it was not ready after ${READY_LIMIT_MS / 1000} s`;
    const why = plan.isCancelled() ? 'the start was cancelled' : tooSlow;
    throw new EmbeddedPostgresError(
      `Postgres did not start on ${plan.dataDir}: ${why}. See ${serverLog.file}`,
    );
  }
  return {
    failure: `${await postmaster.gone}; ${serverLog.file} says:\n${await serverLog.textSince(offset)}`,
  };
}

async function isReady(plan: Launch, postmaster: Postmaster): Promise<boolean> {
  const stopwatch = new Stopwatch();
  let nextNoticeMs = RECOVERY_NOTICE_MS;
  while (stopwatch.elapsedMs < READY_LIMIT_MS && !plan.isCancelled()) {
    const found = await findPidFile(plan.dataDir);
    if (found?.isReady && found.pid === postmaster.pid && !postmaster.isGone) return true;
    if (await postmaster.isGoneWithin(READY_POLL_MS)) return false;
    if (stopwatch.elapsedMs < nextNoticeMs) continue;
    nextNoticeMs += RECOVERY_NOTICE_MS;
    const seconds = Math.round(stopwatch.elapsedMs / 1000);
    plan.log(
      'warn',
      `Postgres is still recovering after ${seconds} s; ${plan.command.serverLog.file} tells how far.`,
    );
  }
  return false;
}

function isPortTaken(failure: string): boolean {
  return /Address already in use|could not create any TCP\/IP sockets/.test(failure);
}

function hasLeftovers(failure: string): boolean {
  return /pre-existing shared memory block/.test(failure);
}

function adviceFor(failure: string): string {
  if (/No space left on device/.test(failure)) return 'the disk is full: make room and start again. ';
  if (hasLeftovers(failure)) {
    return 'processes of an earlier server still run: find them with "ps -ef | grep postgres" and end them. ';
  }
  if (/lock file .* already exists/.test(failure)) return 'another server runs there: stop it first. ';
  return '';
}

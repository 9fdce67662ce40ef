import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { noFigures, type BatchReport, type FuzzErrand, type FuzzFigures } from './fuzz-figures';

/** A batch takes a fraction of a second; who says nothing for so long is caught in an input. */
const PATIENCE_MS = 60_000;
const CHILD = join(__dirname, 'fuzz-child.ts');
const REAL_FUZZERS = join(__dirname, 'fuzzers.ts');
const REQUIRE_TYPESCRIPT = join(__dirname, '../support/require-typescript.js');

export interface FuzzWish extends FuzzErrand {
  /** The file that names the fuzzers, when not the real ones. */
  readonly registry?: string;
  readonly patienceMs?: number;
  readonly say?: (report: BatchReport) => void;
}

/** Runs a fuzzer in a process of its own, which may grow, hang or die as it likes: that is a fault, and no more. */
export async function runFuzzer(wish: FuzzWish): Promise<FuzzFigures> {
  const { registry = REAL_FUZZERS, patienceMs = PATIENCE_MS, say, ...errand } = wish;
  const child = fork(CHILD, [registry, JSON.stringify(errand)], {
    execArgv: [
      '--expose-gc',
      '--max-semi-space-size=4',
      '--max-old-space-size=256',
      '-r',
      REQUIRE_TYPESCRIPT,
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let last: BatchReport = { batch: errand.firstBatch - 1, figures: noFigures() };
  const ending = await watched(child, patienceMs, (report) => {
    last = report;
    say?.(report);
  });
  if (ending === undefined) return last.figures;
  const fault = `${ending} in or before batch ${last.batch + 1} of seed ${errand.seed}`;
  return { ...last.figures, faults: [...last.figures.faults, fault] };
}

/** Why the process did not end well, or undefined when it did. */
function watched(
  child: ChildProcess,
  patienceMs: number,
  hear: (report: BatchReport) => void,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let isStuck = false;
    let words = '';
    const lose = (): void => {
      isStuck = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(lose, patienceMs);
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-2000);
    });
    child.on('message', (report: BatchReport) => {
      clearTimeout(timer);
      timer = setTimeout(lose, patienceMs);
      hear(report);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else
        resolve(
          isStuck ? `no end within ${patienceMs} ms` : `the process died (${signal ?? code}: ${words})`,
        );
    });
  });
}

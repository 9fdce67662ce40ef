import type { Lock, Locker } from '@tus/server' with { 'resolution-mode': 'import' };
import { UploadBusyError } from '../../../modules/artifacts/uploads/uploads.errors';

/** Longer than the library lets the one before go on. */
const PATIENCE_MS = 30_000;

interface Turn {
  /** Asks the request that has the lock to come to its end. */
  readonly giveWay: () => Promise<void> | void;
  readonly next: (() => void)[];
}

/**
 * One request at a time for each upload: who comes back after a break finds its old request still there, on a connection that
 * nobody has told that it is dead, and ends it.
 */
export class UploadLocks implements Locker {
  private readonly turns = new Map<string, Turn>();

  newLock(id: string): Lock {
    return {
      lock: (signal, giveWay) => this.take(id, signal, giveWay),
      unlock: () => {
        this.pass(id);
        return Promise.resolve();
      },
    };
  }

  private async take(id: string, signal: AbortSignal, giveWay: Turn['giveWay']): Promise<void> {
    const turn = this.turns.get(id);
    if (turn !== undefined) {
      void turn.giveWay();
      await waitIn(turn.next, signal);
    }
    this.turns.set(id, { giveWay, next: turn?.next ?? [] });
  }

  private pass(id: string): void {
    const next = this.turns.get(id)?.next.shift();
    if (next === undefined) this.turns.delete(id);
    else next();
  }
}

/** @throws UploadBusyError */
async function waitIn(queue: (() => void)[], signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => {
      queue.splice(queue.indexOf(begin), 1);
      settle();
      reject(new UploadBusyError());
    };
    const timer = setTimeout(leave, PATIENCE_MS);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    };
    const begin = (): void => {
      settle();
      resolve();
    };
    signal.addEventListener('abort', leave, { once: true });
    queue.push(begin);
  });
}

import { processesIn } from '../e2e/support/processes';
import { connect, ended, untilAnswering } from './connection';

const SOME_BACKEND = `SELECT pid FROM pg_stat_activity WHERE application_name = 'rookery'
  ORDER BY backend_xid IS NULL, xact_start IS NULL, random() LIMIT 1`;
const OPEN_TRANSACTION = `SELECT 1 FROM pg_stat_activity
  WHERE application_name = 'rookery' AND backend_xid IS NOT NULL LIMIT 1`;

/** A Postgres that can be killed. Who starts it again differs: we, or the server that brought it. */
export abstract class Postgres {
  /** For us, not through any link. */
  abstract get url(): string;
  /** Everything that it logged. */
  abstract get log(): string;
  /** Whether somebody else starts it again at once. */
  abstract readonly isSupervised: boolean;
  /** The cluster. All of its processes work in there. */
  abstract readonly dataDir: string;

  /**
   * Prepares a SIGKILL for the postmaster. What is returned strikes at once, and resolves when the backends have noticed:
   * at once too unless they are busy.
   */
  async aim(): Promise<() => Promise<void>> {
    const witness = await connect(this.url);
    const end = ended(witness);
    return () => {
      process.kill(this.postmasterPid(), 'SIGKILL');
      return end;
    };
  }

  /** The same for one backend of Rookery, within a transaction if there is one then. Postgres restarts itself after it. */
  async aimAtBackend(): Promise<() => Promise<void>> {
    const witness = await connect(this.url);
    const end = ended(witness);
    return async () => {
      const { rows } = await witness.query<{ pid: number }>(SOME_BACKEND);
      const [victim] = rows;
      if (victim === undefined) throw new Error('Rookery has no connection');
      process.kill(victim.pid, 'SIGKILL');
      await end;
    };
  }

  /** Brings it back, or waits for whoever does; the moment when it answers again, as `performance.now()`. */
  restored(): Promise<number> {
    return untilAnswering(this.url);
  }

  /**
   * Strikes in the turn in which a transaction of Rookery is seen that has written and not committed. False when there is
   * none for long.
   */
  async atOpenTransaction(strike: () => void, patienceMs: number): Promise<boolean> {
    const startedMs = performance.now();
    const witness = await connect(this.url);
    try {
      while (performance.now() - startedMs < patienceMs) {
        const { rowCount } = await witness.query(OPEN_TRANSACTION);
        if (rowCount === 0) continue;
        strike();
        return true;
      }
      return false;
    } finally {
      await witness.end().catch(() => undefined);
    }
  }

  /** All its processes stand still, as on a machine that swaps or is moved: connections stay and say nothing. */
  freeze(): void {
    this.signalAll('SIGSTOP');
  }

  thaw(): void {
    this.signalAll('SIGCONT');
  }

  /** How many transactions lost the client that had begun them: Postgres itself says so. */
  get abandonedTransactions(): number {
    return this.log.split('unexpected EOF on client connection with an open transaction').length - 1;
  }

  abstract discard(): Promise<void>;

  protected abstract postmasterPid(): number;

  private signalAll(signal: NodeJS.Signals): void {
    for (const { pid } of processesIn(this.dataDir)) process.kill(pid, signal);
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Postgres } from './postgres';

/**
 * The embedded Postgres of a running server. It outlives a `kill -9` of the server, the next server adopts it, and a
 * server starts it again when it was killed itself.
 */
export class BroughtPostgres extends Postgres {
  override readonly isSupervised = true;
  override readonly dataDir: string;
  private lastUrl = '';

  constructor(private readonly rookeryDir: string) {
    super();
    this.dataDir = join(rookeryDir, 'postgres');
  }

  /** While it is dead, where it was: it comes back on the same port. */
  override get url(): string {
    try {
      const password = readFileSync(join(this.rookeryDir, 'postgres.password'), 'utf8').trim();
      const port = this.pidFile()[3]?.trim() ?? '';
      this.lastUrl = `postgres://rookery:${password}@127.0.0.1:${port}/rookery`;
    } catch (error) {
      if (this.lastUrl === '') throw error;
    }
    return this.lastUrl;
  }

  override get log(): string {
    return readFileSync(join(this.rookeryDir, 'postgres.log'), 'utf8');
  }

  override discard(): Promise<void> {
    return Promise.resolve();
  }

  protected override postmasterPid(): number {
    return Number(this.pidFile()[0]);
  }

  private pidFile(): string[] {
    return readFileSync(join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n');
  }
}

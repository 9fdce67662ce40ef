import type { Adapter } from '../adapters/adapter';
import type { Need } from './contract-case';
import type { Server } from './scene';

/** Where cases are replayed: one server, or as many as their needs demand. */
export interface Servers {
  /** The server that meets most of the needs; it says which. */
  meeting(needs: readonly Need[]): Promise<Server>;
  close(): Promise<void>;
}

/** A server that runs already. `has`: what it is known to have been started with. */
export class OneServer implements Servers {
  private server: Promise<Server> | undefined;

  constructor(
    private readonly url: string,
    private readonly adapter: Adapter,
    private readonly has: readonly Need[],
  ) {}

  meeting(): Promise<Server> {
    const { url, adapter, has } = this;
    this.server ??= adapter.open().then(() => ({ url, adapter, has }));
    return this.server;
  }

  async close(): Promise<void> {
    if (this.server !== undefined) await this.adapter.close();
  }
}

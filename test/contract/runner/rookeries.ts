import { startRookery, type TestRookery } from '../../support/rookery-app';
import { RookeryAdapter } from '../adapters/rookery';
import type { Need } from './contract-case';
import type { Server } from './scene';
import type { Servers } from './servers';

/** The needs that Rookery meets only by how it is started. */
const SETTINGS_OF: Readonly<Partial<Record<Need, Readonly<Record<string, string>>>>> = {
  'request-limits': {
    ROOKERY_DDI_READS_PER_SECOND: '10',
    ROOKERY_DDI_WRITES_PER_SECOND: '10',
    ROOKERY_DDI_EXEMPT: '127.0.0.1,::1',
    ROOKERY_DDI_BLOCKED: '192.168.0.0/16',
    ROOKERY_TRUSTED_PROXIES: '127.0.0.1,10.0.0.1',
  },
  'public-name': { ROOKERY_PUBLIC_URL: 'https://updates.example.com' },
};

/** The cases stand where a reverse proxy would: what they say of a device's certificate is believed. */
const ALWAYS = { ROOKERY_TRUSTED_PROXIES: '127.0.0.1' };

/** Servers in this process, one for each way to start; each is started when the first case needs it. */
export class Rookeries implements Servers {
  private readonly started = new Map<string, Promise<{ rookery: TestRookery; server: Server }>>();

  async meeting(needs: readonly Need[]): Promise<Server> {
    const has = needs.filter((need) => SETTINGS_OF[need] !== undefined);
    const key = [...has].sort().join();
    const starting = this.started.get(key) ?? start(has);
    this.started.set(key, starting);
    return (await starting).server;
  }

  async close(): Promise<void> {
    for (const starting of this.started.values()) {
      const { rookery, server } = await starting;
      await server.adapter.close();
      await rookery.close();
    }
  }
}

async function start(has: readonly Need[]): Promise<{ rookery: TestRookery; server: Server }> {
  const settings = Object.assign({ ...ALWAYS }, ...has.map((need) => SETTINGS_OF[need])) as Record<
    string,
    string
  >;
  const rookery = await startRookery({ settings });
  const { url, token, gatewayToken } = rookery;
  const adapter = new RookeryAdapter({ url, token, gatewayToken });
  await adapter.open();
  return { rookery, server: { url, adapter, has } };
}

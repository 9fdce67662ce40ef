import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { readSettings } from '../../src/platform/config/settings';
import { listen, portOf } from '../../src/listening';
import { Database } from '../../src/platform/database/database';
import { EventRelayService } from '../../src/platform/events/event-relay.service';
import type { TlsDoor } from '../../src/http/shared/tls-door';
import { DeadlineSweepService } from '../../src/modules/updates/sweeps/deadline-sweep.service';
import { RolloutSchedulerService } from '../../src/modules/updates/sweeps/rollout-scheduler.service';
import { createRookery } from '../../src/rookery';
import { createDatabase, dropDatabase } from './test-database';

/** A whole server in this process, on its own database and data folder. */
export interface TestRookery {
  readonly app: INestApplication;
  readonly url: string;
  /** Where TLS is spoken; undefined without ROOKERY_TLS_CERT. */
  readonly tls: TlsDoor | undefined;
  /** `https://127.0.0.1:…`, or nothing. */
  readonly tlsUrl: string;
  readonly token: string;
  readonly gatewayToken: string;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly dataDir: string;
  close(): Promise<void>;
}

export interface TestRookeryOptions {
  /** Shares database and artifacts with another instance: two replicas. */
  readonly replicaOf?: TestRookery;
  /** ROOKERY_* variables. */
  readonly settings?: Record<string, string>;
  /** The loopback address when left out. */
  readonly listenOn?: string;
}

/** Starts a server on a fresh clone of the migrated template database. Close it in `afterAll`. */
export async function startRookery(options: TestRookeryOptions = {}): Promise<TestRookery> {
  const sibling = options.replicaOf;
  const databaseUrl = sibling?.databaseUrl ?? (await createDatabase());
  const dataDir = sibling?.dataDir ?? (await mkdtemp(join(tmpdir(), 'rookery-app-')));
  const token = sibling?.token ?? `rk_${randomBytes(24).toString('hex')}`;
  const gatewayToken = sibling?.gatewayToken ?? `rkg_${randomBytes(24).toString('hex')}`;
  const settings = readSettings({
    ROOKERY_DATA_DIR: dataDir,
    ROOKERY_BOOTSTRAP_TOKEN: token,
    ROOKERY_BOOTSTRAP_GATEWAY_TOKEN: gatewayToken,
    ROOKERY_LOG_LEVEL: 'fatal',
    ROOKERY_HOST: '127.0.0.1',
    ROOKERY_PORT: '0',
    ROOKERY_TLS_PORT: '0',
    ...options.settings,
  });
  const rookery = await createRookery(settings, databaseUrl);
  const { app, tls } = rookery;
  const { listenOn } = options;
  await listen(rookery, listenOn === undefined ? settings : { ...settings, host: listenOn });
  // What rollouts do by themselves, and what time ends, happens in tests when they say so; so do events get their numbers.
  await app.get(RolloutSchedulerService).beforeApplicationShutdown();
  app.get(DeadlineSweepService).beforeApplicationShutdown();
  await app.get(EventRelayService).beforeApplicationShutdown();
  return {
    app,
    url: `${settings.plainHttp === 'on' ? 'http' : 'https'}://127.0.0.1:${portOf(app.getHttpServer())}`,
    tls,
    tlsUrl: tls === undefined ? '' : `https://127.0.0.1:${portOf(tls.server)}`,
    token,
    gatewayToken,
    database: app.get(Database),
    databaseUrl,
    dataDir,
    close: async () => {
      await app.close();
      if (sibling !== undefined) return;
      await dropDatabase(databaseUrl);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import { AppModule } from './app.module';
import { AddressLane } from './http/ddi/entrance/address-lane';
import { FeedbackLane } from './http/ddi/feedback-lane';
import { PollLane } from './http/ddi/poll-lane';
import { serveOpenApi } from './http/management/openapi';
import { LaneAdapter } from './http/shared/lane.adapter';
import { TlsDoor } from './http/shared/tls-door';
import { FeedsService } from './modules/devices/feeds/feeds.service';
import { FirstCredentialsService, type FirstCredentials } from './modules/identity/first-credentials.service';
import { DEFAULT_TENANT_KEY } from './modules/tenants/tenant';
import { TenantsService } from './modules/tenants/tenants.service';
import type { Settings } from './platform/config/settings';

/** The application, ready to listen. */
export interface Rookery {
  readonly app: NestExpressApplication;
  /** Where TLS is spoken, if there is a certificate; without a plain door it is the server of `app` itself. */
  readonly tls: TlsDoor | undefined;
  /** Only when this was the first start on this database. */
  readonly firstCredentials: FirstCredentials | undefined;
  readonly credentialsFile: string;
}

const JSON_LIMIT = '256kb';

/** Builds the application on a migrated database and makes sure that there is a tenant to work in. */
export async function createRookery(settings: Settings, databaseUrl: string): Promise<Rookery> {
  const tls = await tlsDoor(settings);
  const adapter = new LaneAdapter(tls, settings.plainHttp === 'on');
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with(settings, databaseUrl),
    adapter,
    {
      bodyParser: false,
      // Nest's account of its own wiring is of no use to an operator.
      logger: ['fatal', 'error', 'warn'],
      abortOnError: false,
    },
  );
  app.set('etag', false);
  app.disable('x-powered-by');
  // Devices' bodies are read by their own edge, which has mercy on broken JSON.
  app.useBodyParser('json', { limit: JSON_LIMIT, type: isManagementJson });
  serveOpenApi(app);
  const prepared = await prepare(app, settings);
  await app.init();
  app.useLogger(app.get(Logger));
  const [addresses, polls, feedback] = [app.get(AddressLane), app.get(PollLane), app.get(FeedbackLane)];
  adapter.open([
    (request, response) => addresses.take(request, response),
    (request, response) => polls.take(request, response),
    (request, response) => feedback.take(request, response),
  ]);
  return { app, tls, ...prepared };
}

/** @throws KeyPairError */
async function tlsDoor({ tlsCert: cert, tlsKey: key }: Settings): Promise<TlsDoor | undefined> {
  return cert === undefined || key === undefined ? undefined : TlsDoor.at({ cert, key });
}

async function prepare(
  app: NestExpressApplication,
  settings: Settings,
): Promise<Omit<Rookery, 'app' | 'tls'>> {
  const credentialsFile = join(settings.dataDir, 'first-credentials.json');
  const tenant = await app.get(TenantsService).ensure(DEFAULT_TENANT_KEY);
  await app.get(FeedsService).ensureDefault(tenant.id);
  const firstCredentials = await app.get(FirstCredentialsService).ensure(tenant.id, credentialsFile, {
    apiToken: settings.bootstrapToken,
    gatewayToken: settings.bootstrapGatewayToken,
  });
  return { firstCredentials, credentialsFile };
}

/** A tenant may be called "api": its devices' URLs go on with `controller`. */
const MANAGEMENT_URL = /^\/api\/(?!controller\/)/i;

function isManagementJson(request: IncomingMessage): boolean {
  const isJson = /^application\/([\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? '');
  return isJson && MANAGEMENT_URL.test(request.url ?? '');
}

import { join } from 'node:path';
import { banner } from './banner';
import { runDemo } from './cli/demo/demo';
import { inheritedEnvironment } from './platform/config/environment';
import { connectForMigration } from './platform/database/data-source';
import { EmbeddedPostgres } from './platform/database/embedded/embedded-postgres';
import { migrate } from './platform/database/migrator';
import { readSettings, unknownVariables, type Settings } from './platform/config/settings';
import { readKeyPair } from './platform/tls/key-pair';
import { listen } from './listening';
import { createRookery, type Rookery } from './rookery';

const OPEN_WARNING =
  'warn: ROOKERY_DDI_OPEN IS ON: whatever runs on this machine speaks for any device, WITHOUT A CREDENTIAL. For a bench only.\n';

async function main(): Promise<void> {
  const settings = readSettings();
  for (const name of unknownVariables()) {
    process.stderr.write(
      `warn: ${name} is not a setting and has no effect; .env.example lists those there are.\n`,
    );
  }
  await checkCertificate(settings);
  if (settings.ddiOpen === 'on') process.stderr.write(OPEN_WARNING);
  const embedded = settings.databaseUrl === undefined ? embeddedPostgres(settings) : undefined;
  // Ctrl-C during the first start must not leave a database server behind.
  const early = (): void => void stopEmbedded(embedded).finally(() => process.exit(130));
  process.once('SIGINT', early).once('SIGTERM', early);
  try {
    const databaseUrl = embedded === undefined ? settings.databaseUrl : (await embedded.start()).url;
    if (databaseUrl === undefined) throw new Error('there is no database');
    await prepareSchema(databaseUrl, embedded === undefined ? settings.migrate : 'auto');
    const rookery = await createRookery(settings, databaseUrl);
    await listen(rookery, settings);
    process.off('SIGINT', early).off('SIGTERM', early);
    stopOnSignal(rookery, embedded);
    refreshOnSignal(rookery);
    process.stdout.write(banner(rookery, settings));
  } catch (error) {
    await stopEmbedded(embedded);
    throw error;
  }
}

function embeddedPostgres(settings: Settings): EmbeddedPostgres {
  return new EmbeddedPostgres({
    dataDir: join(settings.dataDir, 'postgres'),
    log: (level, message) => process.stderr.write(`${level === 'info' ? '' : `${level}: `}${message}\n`),
  });
}

async function prepareSchema(databaseUrl: string, policy: Settings['migrate']): Promise<void> {
  const dataSource = await connectForMigration(databaseUrl);
  try {
    await migrate(dataSource, policy);
  } finally {
    await dataSource.destroy();
  }
}

/** A certificate that is no good shall not be found out only after Postgres was set up and started. */
async function checkCertificate({ tlsCert: cert, tlsKey: key }: Settings): Promise<void> {
  if (cert !== undefined && key !== undefined) await readKeyPair({ cert, key });
}

/** Whoever has renewed the certificate may say so, instead of waiting some seconds. */
function refreshOnSignal({ tls }: Rookery): void {
  if (tls !== undefined) process.on('SIGHUP', () => void tls.refresh());
}

/** The first signal drains and stops everything; a second one ends the process at once. */
function stopOnSignal({ app }: Rookery, embedded: EmbeddedPostgres | undefined): void {
  const stop = (): void => {
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
    void app
      .close()
      .finally(() => stopEmbedded(embedded))
      .then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`Stopping did not go well: ${String(error)}\n`);
          process.exit(1);
        },
      );
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

async function stopEmbedded(embedded: EmbeddedPostgres | undefined): Promise<void> {
  await embedded?.stop().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}

/** With `--demo` this program is not the server, but starts itself once more as one and plays with it. */
async function demo(): Promise<void> {
  const [, , ...argv] = process.argv;
  process.exit(await runDemo({ program: __filename, argv, environment: inheritedEnvironment() }));
}

// A server that another program started over a channel ends with that program.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

const run = process.argv.includes('--demo') ? demo : main;
run().catch((error: unknown) => {
  process.stderr.write(`Rookery cannot start. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

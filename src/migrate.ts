import { readSettings } from './platform/config/settings';
import { connectForMigration } from './platform/database/data-source';
import { migrate } from './platform/database/migrator';

/** `npm run migrate`: brings the database of ROOKERY_DATABASE_URL to this build's schema. */
async function main(): Promise<void> {
  const { databaseUrl } = readSettings();
  if (databaseUrl === undefined) {
    throw new Error('ROOKERY_DATABASE_URL is not set. The embedded Postgres migrates itself at each start.');
  }
  const dataSource = await connectForMigration(databaseUrl);
  try {
    const done = await migrate(dataSource, 'auto');
    process.stdout.write(
      done.length === 0 ? 'The schema is up to date.\n' : `Migrated: ${done.join(', ')}\n`,
    );
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

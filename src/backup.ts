import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keptBlobs, NOT_KEPT } from './modules/artifacts/kept-blobs';
import { BackupError } from './platform/backup/backup.errors';
import { makeBackup } from './platform/backup/make-backup';
import { keyFileOf } from './platform/backup/secret-key-copy';
import { Clock } from './platform/clock/clock';
import { readSettings } from './platform/config/settings';
import { MIGRATIONS, migrationName } from './platform/database/migrations';
import { chooseBlobStore } from './platform/storage/store-choice';
import { onStandingDatabase } from './standing-database';

const USAGE = 'Usage: npm run backup -- <new folder> [--with-secrets]';

/** `npm run backup -- <folder>`: database and stored files, verified, also while the server runs. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'with-secrets': { type: 'boolean' } },
  });
  const [wanted] = positionals;
  if (wanted === undefined || positionals.length > 1) throw new BackupError(USAGE);
  const folder = resolve(wanted);
  const settings = readSettings();
  const secretKeyFile = values['with-secrets'] === true ? keyFileOf(settings) : undefined;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await onStandingDatabase(settings, 'beside', (databaseUrl) =>
    makeBackup(folder, {
      databaseUrl,
      store: chooseBlobStore(settings, new Clock()),
      meaning: { blobs: keptBlobs, leftOut: NOT_KEPT },
      knownSchema: MIGRATIONS.map(migrationName),
      secretKeyFile,
      say,
    }),
  );
  say(`The backup in ${folder} is complete.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`No backup was made. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

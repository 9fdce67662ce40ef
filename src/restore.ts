import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BackupError, UnmigratedError } from './platform/backup/backup.errors';
import { restoreBackup } from './platform/backup/restore-backup';
import { verifyBackup } from './platform/backup/verify-backup';
import { Clock } from './platform/clock/clock';
import { readSettings } from './platform/config/settings';
import { MIGRATIONS, migrationName } from './platform/database/migrations';
import { chooseBlobStore } from './platform/storage/store-choice';
import { onStandingDatabase } from './standing-database';

const USAGE = 'Usage: npm run restore -- <folder of a backup> [--check]';

/** `npm run restore -- <folder>`: a backup into an empty database and data folder; `--check` only reads the backup. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean' } },
  });
  const [wanted] = positionals;
  if (wanted === undefined || positionals.length > 1) throw new BackupError(USAGE);
  const folder = resolve(wanted);
  const settings = readSettings();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const manifest = await verifyBackup(folder, MIGRATIONS.map(migrationName));
  say(`The backup in ${folder} is whole: as of ${manifest.takenAt}, ${manifest.blobs.count} files.`);
  if (values.check === true) return;
  const store = chooseBlobStore(settings, new Clock());
  const { dataDir } = settings;
  await onStandingDatabase(settings, 'alone', (databaseUrl) =>
    restoreBackup(folder, manifest, { databaseUrl, store, dataDir, say }),
  );
  say('The restore is complete. Start Rookery.');
}

main().catch((error: unknown) => {
  const outcome = error instanceof UnmigratedError ? '' : 'Nothing was restored. ';
  process.stderr.write(`${outcome}${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptBlobs, NOT_KEPT } from '../../src/modules/artifacts/kept-blobs';
import { makeBackup } from '../../src/platform/backup/make-backup';
import type { Manifest } from '../../src/platform/backup/manifest';
import { restoreBackup } from '../../src/platform/backup/restore-backup';
import { verifyBackup } from '../../src/platform/backup/verify-backup';
import { Clock } from '../../src/platform/clock/clock';
import { MIGRATIONS, migrationName } from '../../src/platform/database/migrations';
import { FilesystemBlobStore } from '../../src/platform/storage/filesystem-blob-store';
import type { BlobStore } from '../../src/platform/storage/blob-store';

export const KNOWN = MIGRATIONS.map(migrationName);

/** Folders of one test file: backups, and stores to restore into. */
export class Shelf {
  private readonly folders: string[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-shelf-'));
    this.folders.push(folder);
    return folder;
  }

  async store(): Promise<BlobStore> {
    return new FilesystemBlobStore(await this.folder(), new Clock());
  }

  /** As `npm run backup` does it. */
  async backup(
    databaseUrl: string,
    store?: BlobStore,
    wanted?: string,
  ): Promise<{ folder: string; manifest: Manifest }> {
    const folder = wanted ?? (await this.folder());
    const manifest = await makeBackup(folder, {
      databaseUrl,
      store: store ?? (await this.store()),
      meaning: { blobs: keptBlobs, leftOut: NOT_KEPT },
      knownSchema: KNOWN,
      say: () => undefined,
    });
    return { folder, manifest };
  }

  /** As `npm run restore` does it. */
  async restore(folder: string, databaseUrl: string, store?: BlobStore): Promise<void> {
    const manifest = await verifyBackup(folder, KNOWN);
    const target = store ?? (await this.store());
    const dataDir = await this.folder();
    await restoreBackup(folder, manifest, { databaseUrl, store: target, dataDir, say: () => undefined });
  }

  async clear(): Promise<void> {
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }
}

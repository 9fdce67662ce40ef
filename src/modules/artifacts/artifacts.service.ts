import type { Readable } from 'node:stream';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { lockBlob } from '../../platform/database/locks';
import type { BlobOutlet } from '../../platform/storage/blob-outlet';
import { BlobStore, type BlobRange, type StagedBlob } from '../../platform/storage/blob-store';

/** Uploads that made no progress for so long belong to a process that is gone. */
const STALE_STAGING_MS = 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

/** The bytes behind releases: which blobs a tenant has, and how they come and go without ever being half there. */
@Injectable()
export class ArtifactsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ArtifactsService.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
  ) {}

  onApplicationBootstrap(): void {
    const sweep = (): void => void this.sweep();
    this.timer = setInterval(sweep, SWEEP_MS);
    sweep();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Takes bytes in; they are durable but invisible until {@link keep}. See {@link BlobStore.stage}. */
  async stage(
    tenantId: string,
    source: AsyncIterable<Buffer>,
    options: { maxBytes: number; tap?: (chunk: Buffer) => void },
  ): Promise<StagedBlob> {
    return this.store.stage(tenantId, source, options);
  }

  /**
   * Does ahead what of {@link keep} takes long, before a transaction begins: hold no lock meanwhile. End it with
   * {@link keep}, or else with {@link abandon}.
   */
  async prepare(tenantId: string, staged: readonly StagedBlob[]): Promise<void> {
    for (const one of staged) await this.store.prepare(tenantId, one);
  }

  /** Forgets staged bytes that were to be kept, also where they are in place already and nothing names them. */
  async abandon(tenantId: string, staged: readonly StagedBlob[]): Promise<void> {
    for (const one of staged) {
      await one.discard();
      await this.removeBytes(tenantId, one.digest.sha256);
    }
  }

  /**
   * Makes staged bytes readable and gives each blob's id, in the order of `staged`. Part of the caller's transaction:
   * the bytes are in place before the row that names them can be seen.
   */
  async keep(tx: Sql, tenantId: string, staged: readonly StagedBlob[]): Promise<string[]> {
    // Locks in one order, so that two uploads of the same files cannot wait for each other in a circle.
    for (const sha256 of [...new Set(staged.map((one) => one.digest.sha256))].sort())
      await lockBlob(tx, sha256);
    const ids: string[] = [];
    for (const one of staged) {
      await this.store.promote(tenantId, one);
      ids.push(await this.insert(tx, tenantId, one));
    }
    return ids;
  }

  private async insert(tx: Sql, tenantId: string, { digest }: StagedBlob): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO blob (tenant_id, sha256, sha1, md5, crc32, size_bytes) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT ON CONSTRAINT blob_content_unique DO UPDATE SET sha1 = excluded.sha1 RETURNING id`,
      [tenantId, digest.sha256, digest.sha1, digest.md5, digest.crc32, digest.sizeBytes],
    );
    if (row === undefined) throw new Error('an upsert returned no row');
    return row.id;
  }

  /** The bytes of a blob, or a part of them. @throws BlobMissingError */
  async open(tenantId: string, sha256: string, range?: BlobRange): Promise<Readable> {
    return this.store.open(tenantId, sha256, range);
  }

  /** The same for bytes that go straight to whoever asked. @throws BlobMissingError */
  async outlet(tenantId: string, sha256: string, range?: BlobRange): Promise<BlobOutlet> {
    return this.store.outlet(tenantId, sha256, range);
  }

  /**
   * Removes the blobs among `sha256s` that nothing refers to any more: the row first, the bytes only after that
   * commit and under the same lock, so that an upload of the same content at the same time finds either both or none.
   */
  async collect(tenantId: string, sha256s: readonly string[]): Promise<void> {
    for (const sha256 of sha256s) {
      const isGone = await this.database.transaction(async (tx) => {
        await lockBlob(tx, sha256);
        const removed = await tx.execute(
          `DELETE FROM blob b WHERE b.tenant_id = $1 AND b.sha256 = $2
             AND NOT EXISTS (SELECT 1 FROM artifact a WHERE a.tenant_id = $1 AND a.blob_id = b.id)`,
          [tenantId, sha256],
        );
        return removed > 0;
      });
      if (isGone) await this.removeBytes(tenantId, sha256);
    }
  }

  /** Deletes what uploads of crashed processes left behind. What fails now is tried again in an hour. */
  private async sweep(): Promise<void> {
    try {
      const swept = await this.store.sweepStaging(STALE_STAGING_MS);
      if (swept > 0) this.logger.log(`${swept} unfinished uploads were swept away`);
    } catch (error) {
      this.logger.warn(`Unfinished uploads were not swept away: ${String(error)}`);
    }
  }

  private async removeBytes(tenantId: string, sha256: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await lockBlob(tx, sha256);
      const [row] = await tx.query('SELECT 1 FROM blob WHERE tenant_id = $1 AND sha256 = $2', [
        tenantId,
        sha256,
      ]);
      if (row === undefined) await this.store.remove(tenantId, sha256);
    });
  }
}

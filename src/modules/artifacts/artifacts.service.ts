import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { systemActor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { lockBlob, mayRemoveStoredBytes } from '../../platform/database/locks';
import { recordEvent } from '../../platform/events/event-log';
import { streamOutlet, type BlobOutlet } from '../../platform/storage/blob-outlet';
import {
  BlobStore,
  type BlobDigest,
  type BlobRange,
  type PresignOptions,
  type StagedBlob,
  type StagingOptions,
  type StoredBlob,
} from '../../platform/storage/blob-store';
import { BlobMissingError } from '../../platform/storage/storage.errors';
import { TenantsService } from '../tenants/tenants.service';
import { BlobsCollectedError } from './artifacts.errors';
import { LinkedBlob } from './sources/linked-blob';
import { LinkedBytesService } from './sources/linked-bytes.service';
import { SourcesRepository } from './sources/sources.repository';
import { StorageQuotaService } from './storage-quota.service';

/** The bytes behind releases: which blobs a tenant has, and how they come and go without ever being half there. */
@Injectable()
export class ArtifactsService {
  private readonly logger = new Logger(ArtifactsService.name);

  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly quota: StorageQuotaService,
    private readonly sources: SourcesRepository,
    private readonly linked: LinkedBytesService,
    private readonly tenants: TenantsService,
  ) {}

  /** Takes bytes in; they are durable but invisible until {@link place}. See {@link BlobStore.stage}. */
  async stage(tenantId: string, source: AsyncIterable<Buffer>, options: StagingOptions): Promise<StagedBlob> {
    const room = await this.quota.roomOf(tenantId);
    const { largestFile } = room;
    if (largestFile >= options.maxBytes) return this.store.stage(tenantId, source, options);
    return this.quota.within(room, this.store.stage(tenantId, source, { ...options, maxBytes: largestFile }));
  }

  /**
   * Makes staged bytes readable, in a transaction of its own: a large copy within a store takes long, and nobody may wait for
   * it who only asks for updates. Until {@link claim} says what they are for, {@link collect} may take them away again.
   */
  async place(tenantId: string, staged: readonly StagedBlob[]): Promise<void> {
    // Outside of any transaction: Postgres ends one that waits for long.
    for (const one of staged) if (!(one instanceof LinkedBlob)) await this.store.prepare(tenantId, one);
    const healed = await this.database.transaction(async (tx) => {
      // Locks in one order, so that two uploads of the same files cannot wait for each other in a circle.
      for (const sha256 of [...new Set(staged.map((one) => one.digest.sha256))].sort())
        await lockBlob(tx, sha256);
      const faulty: string[] = [];
      for (const one of staged) if (await this.placeOne(tx, tenantId, one)) faulty.push(one.digest.sha256);
      return faulty;
    });
    if (healed.length > 0) await this.heal(tenantId, healed);
  }

  /** True when something was wrong with what was there, and is not any more. */
  private placeOne(tx: Sql, tenantId: string, staged: StagedBlob): Promise<boolean> {
    return staged instanceof LinkedBlob
      ? this.placeLink(tx, tenantId, staged)
      : this.placeBytes(tx, tenantId, staged);
  }

  private async placeBytes(tx: Sql, tenantId: string, staged: StagedBlob): Promise<boolean> {
    const { digest } = staged;
    await this.store.promote(tenantId, staged);
    const { id, isNew, isFaulty } = await upsertBlob(tx, tenantId, digest);
    // To a scrubber that reads the old ones they are others from now on.
    if (!isNew) await this.sources.noteRead(tx, tenantId, id);
    await this.sources.forget(tx, tenantId, digest.sha256);
    return isFaulty;
  }

  /** What was brought afresh is whole, whatever was found: a change of the plan, since it may be offered again. */
  private async heal(tenantId: string, sha256s: readonly string[]): Promise<void> {
    await this.tenants.changePlan(tenantId, async (tx) => {
      const healed = await tx.query<{ blobId: string; sha256: string }>(
        `UPDATE blob SET fault = NULL, fault_at = NULL
          WHERE tenant_id = $1 AND sha256 = ANY($2) AND fault IS NOT NULL RETURNING id AS "blobId", sha256`,
        [tenantId, sha256s],
      );
      for (const { blobId, sha256 } of healed)
        await recordEvent(tx, systemActor(tenantId), {
          ...{ kind: 'blob.healed', subject: `blob:${sha256}` },
          detail: await this.sources.usesOf(tx, { tenantId, blobId }),
        });
    });
  }

  /** Of what is stored already nothing needs to be fetched; what is wrong with it stays so, since nobody brought it again. */
  private async placeLink(tx: Sql, tenantId: string, { digest, source }: LinkedBlob): Promise<boolean> {
    const { id, isNew, isFaulty } = await upsertBlob(tx, tenantId, digest);
    if (!isNew && !(await this.sources.isLinked(tx, tenantId, id))) return false;
    await this.sources.put(tx, tenantId, id, source);
    return isFaulty;
  }

  /**
   * The ids of placed blobs, in the order of `sha256s`, held until the caller's transaction ends. It has to hold the tenant's
   * plan alone, since the quota is counted here. @throws BlobsCollectedError, StorageQuotaError
   */
  async claim(tx: Sql, tenantId: string, sha256s: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string; sha256: string }>(
      'SELECT id, sha256 FROM blob WHERE tenant_id = $1 AND sha256 = ANY($2) ORDER BY id FOR KEY SHARE',
      [tenantId, sha256s],
    );
    const ids = new Map(rows.map((row) => [row.sha256, row.id]));
    const claimed = sha256s.map((sha256) => ids.get(sha256));
    if (!claimed.every((id) => id !== undefined)) throw new BlobsCollectedError();
    await this.quota.check(tx, tenantId, claimed);
    return claimed;
  }

  /** The bytes of a blob, or a part of them, wherever they are. @throws BlobMissingError, OriginAwayError */
  async open(tenantId: string, sha256: string, range?: BlobRange): Promise<Readable> {
    return orLinked(this.store.open(tenantId, sha256, range), () =>
      this.linked.open(tenantId, sha256, range),
    );
  }

  /** The same for bytes that go straight to whoever asked. @throws BlobMissingError, OriginAwayError */
  async outlet(tenantId: string, sha256: string, range?: BlobRange): Promise<BlobOutlet> {
    return orLinked(this.store.outlet(tenantId, sha256, range), async () => {
      const stream = await this.linked.open(tenantId, sha256, range);
      return stream === undefined ? undefined : streamOutlet(stream);
    });
  }

  /** An address in the store itself, whatever lies there; see {@link BlobStore.presign}. */
  async presign(tenantId: string, sha256: string, options: PresignOptions): Promise<string | undefined> {
    return this.store.presign(tenantId, sha256, options);
  }

  /** The file for a web server that shares the disk, whatever lies there; see {@link BlobStore.internalPath}. */
  internalPath(tenantId: string, sha256: string): string | undefined {
    return this.store.internalPath(tenantId, sha256);
  }

  /** Whether the bytes lie in the store: those of linked blobs do not, and neither do lost ones. */
  async isStored(tenantId: string, sha256: string): Promise<boolean> {
    return this.store.has(tenantId, sha256);
  }

  /** Removes those that nothing refers to any more. Once it cannot, the rest is left to the collector: somebody waits. */
  async collect(tenantId: string, sha256s: readonly string[]): Promise<void> {
    try {
      for (const sha256 of sha256s) await this.collectOne({ tenantId, sha256 });
    } catch (error) {
      this.logger.warn(
        `Stored files that nothing needs were not removed and will be later: ${String(error)}`,
      );
    }
  }

  /**
   * Removes a blob if nothing refers to it any more, and says whether it did: the row first, the bytes only after that
   * commit and under the same lock, so that an upload of the same content at the same time finds either both or none.
   */
  async collectOne({ tenantId, sha256 }: StoredBlob): Promise<boolean> {
    const isGone = await this.database.transaction(async (tx) => {
      await lockBlob(tx, sha256);
      // Waits for whoever claims it just now. Only a later statement sees what came of that.
      await tx.query('SELECT 1 FROM blob WHERE tenant_id = $1 AND sha256 = $2 FOR UPDATE', [
        tenantId,
        sha256,
      ]);
      const removed = await tx.execute(
        `DELETE FROM blob b WHERE b.tenant_id = $1 AND b.sha256 = $2
           AND NOT EXISTS (SELECT 1 FROM artifact a WHERE a.tenant_id = $1 AND a.blob_id = b.id)`,
        [tenantId, sha256],
      );
      return removed > 0;
    });
    if (isGone) await this.removeOrphan({ tenantId, sha256 });
    return isGone;
  }

  /**
   * Removes bytes that no row names: the transaction that placed them was rolled back, or its process killed. During a backup
   * they stay, since a row of its snapshot may name them; the collector comes back for them.
   */
  async removeOrphan({ tenantId, sha256 }: StoredBlob): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      if (!(await mayRemoveStoredBytes(tx))) return false;
      await lockBlob(tx, sha256);
      const [row] = await tx.query('SELECT 1 FROM blob WHERE tenant_id = $1 AND sha256 = $2', [
        tenantId,
        sha256,
      ]);
      if (row === undefined) await this.store.remove(tenantId, sha256);
      return row === undefined;
    });
  }
}

interface UpsertedBlob {
  readonly id: string;
  readonly isNew: boolean;
  /** Something was found wrong with what is known under this name. */
  readonly isFaulty: boolean;
}

async function upsertBlob(tx: Sql, tenantId: string, digest: BlobDigest): Promise<UpsertedBlob> {
  const [row] = await tx.query<UpsertedBlob>(
    `INSERT INTO blob (tenant_id, sha256, sha1, md5, crc32, size_bytes) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT ON CONSTRAINT blob_content_unique DO UPDATE SET sha1 = excluded.sha1
     RETURNING id, xmax = 0 AS "isNew", fault IS NOT NULL AS "isFaulty"`,
    [tenantId, digest.sha256, digest.sha1, digest.md5, digest.crc32, digest.sizeBytes],
  );
  if (row === undefined) throw new Error('an upsert returned no row');
  return row;
}

/** Asks the store first: of what is stored, nearly everything, nobody has to ask the database where it is. */
async function orLinked<T>(stored: Promise<T>, fromOrigin: () => Promise<T | undefined>): Promise<T> {
  try {
    return await stored;
  } catch (error) {
    if (!(error instanceof BlobMissingError)) throw error;
    const linked = await fromOrigin();
    if (linked === undefined) throw error;
    return linked;
  }
}

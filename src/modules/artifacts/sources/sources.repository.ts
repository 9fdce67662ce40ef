import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import type { BlobFault, BlobSource, Source } from './source';
import type { Validators } from './validators';

interface SourceRow {
  tenant_id: string;
  blob_id: string;
  url: string;
  credentials: Buffer | null;
  etag: string | null;
  last_modified: string | null;
  sha256: string;
  size_bytes: string;
  fault: BlobFault | null;
}

const COLUMNS =
  's.tenant_id, s.blob_id, s.url, s.credentials, s.etag, s.last_modified, b.sha256, b.size_bytes, b.fault';

/** Where the bytes of linked blobs are. */
@Injectable()
export class SourcesRepository {
  constructor(private readonly database: Database) {}

  async find(tenantId: string, sha256: string): Promise<BlobSource | undefined> {
    const [row] = await this.database.query<SourceRow>(
      `SELECT ${COLUMNS} FROM blob b JOIN blob_source s ON s.blob_id = b.id AND s.tenant_id = b.tenant_id
        WHERE b.tenant_id = $1 AND b.sha256 = $2`,
      [tenantId, sha256],
    );
    return row === undefined ? undefined : sourceOf(row);
  }

  /** The blob has been read from this source just now. */
  async put(tx: Sql, tenantId: string, blobId: string, source: Source): Promise<void> {
    const { address, sealed, validators } = source;
    await tx.query(
      `INSERT INTO blob_source (tenant_id, blob_id, url, credentials, etag, last_modified)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT ON CONSTRAINT blob_source_pk DO UPDATE SET url = excluded.url, credentials = excluded.credentials,
         etag = excluded.etag, last_modified = excluded.last_modified, created_at = now()`,
      [tenantId, blobId, address, sealed ?? null, validators.etag ?? null, validators.lastModified ?? null],
    );
    await this.noteRead(tx, tenantId, blobId);
  }

  /** All of its bytes were seen just now. */
  async noteRead(tx: Sql, tenantId: string, blobId: string): Promise<void> {
    await tx.query('UPDATE blob SET checked_at = now() WHERE tenant_id = $1 AND id = $2', [tenantId, blobId]);
  }

  /** The bytes are here now: nothing is fetched from elsewhere any more. */
  async forget(tx: Sql, tenantId: string, sha256: string): Promise<void> {
    await tx.query(
      `DELETE FROM blob_source s USING blob b
        WHERE s.tenant_id = $1 AND b.tenant_id = $1 AND b.id = s.blob_id AND b.sha256 = $2`,
      [tenantId, sha256],
    );
  }

  async isLinked(tx: Sql, tenantId: string, blobId: string): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM blob_source WHERE tenant_id = $1 AND blob_id = $2', [
      tenantId,
      blobId,
    ]);
    return rows.length > 0;
  }

  /** False when that is known already, or the blob has got another source or bytes of its own since. */
  async setFault(tx: Sql, source: BlobSource, fault: BlobFault | undefined): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE blob SET fault = $3::text, fault_at = CASE WHEN $3::text IS NULL THEN NULL ELSE now() END
        WHERE tenant_id = $1 AND id = $2 AND fault IS DISTINCT FROM $3::text
          AND EXISTS (SELECT 1 FROM blob_source s WHERE s.tenant_id = $1 AND s.blob_id = $2 AND s.url = $4)`,
      [source.tenantId, source.blobId, fault ?? null, source.address],
    );
    return changed > 0;
  }

  /** The same bytes are known by another tag or date now. */
  async adopt({ tenantId, blobId, address }: BlobSource, validators: Validators): Promise<void> {
    await this.database.query(
      'UPDATE blob_source SET etag = $4, last_modified = $5 WHERE tenant_id = $1 AND blob_id = $2 AND url = $3',
      [tenantId, blobId, address, validators.etag ?? null, validators.lastModified ?? null],
    );
  }

  /** Which releases, by id, have the blob, and under which names. */
  async usesOf(
    tx: Sql,
    { tenantId, blobId }: Pick<BlobSource, 'tenantId' | 'blobId'>,
  ): Promise<{ releases: string[]; files: string[] }> {
    const rows = await tx.query<{ release: string; file: string }>(
      `SELECT m.release_id AS release, a.file_name AS file FROM artifact a
         JOIN release_module m ON m.id = a.module_id AND m.tenant_id = a.tenant_id
        WHERE a.tenant_id = $1 AND a.blob_id = $2 ORDER BY a.id`,
      [tenantId, blobId],
    );
    const unique = (texts: string[]): string[] => [...new Set(texts)];
    return { releases: unique(rows.map((row) => row.release)), files: unique(rows.map((row) => row.file)) };
  }

  /**
   * Takes the source, of whatever tenant but those, that nobody looked at for so long, the longest forgotten first. It counts as
   * looked at from now on, so of several replicas one takes each.
   */
  async claimDue(everyMs: number, butOf: readonly string[]): Promise<BlobSource | undefined> {
    const [row] = await this.database.query<SourceRow>(
      `WITH due AS (
         SELECT b.id FROM blob b JOIN blob_source s ON s.blob_id = b.id AND s.tenant_id = b.tenant_id
          WHERE (b.checked_at IS NULL OR b.checked_at < now() - $1 * interval '1 millisecond')
            AND b.tenant_id <> ALL ($2::bigint[])
          ORDER BY b.checked_at NULLS FIRST LIMIT 1 FOR UPDATE OF b SKIP LOCKED)
       UPDATE blob b SET checked_at = now() FROM due, blob_source s
        WHERE b.id = due.id AND s.blob_id = b.id AND s.tenant_id = b.tenant_id RETURNING ${COLUMNS}`,
      [everyMs, butOf],
    );
    return row === undefined ? undefined : sourceOf(row);
  }

  /** How many stored credentials, of all tenants, need another key than the one with this id. */
  async countSealedOtherwise(keyId: Buffer): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      'SELECT count(*) AS count FROM blob_source WHERE substring(credentials FROM 2 FOR 4) <> $1',
      [keyId],
    );
    return Number(row?.count ?? 0);
  }
}

function sourceOf(row: SourceRow): BlobSource {
  return {
    tenantId: row.tenant_id,
    blobId: row.blob_id,
    address: row.url,
    sealed: row.credentials ?? undefined,
    validators: { etag: row.etag ?? undefined, lastModified: row.last_modified ?? undefined },
    sha256: row.sha256,
    sizeBytes: Number(row.size_bytes),
    fault: row.fault ?? undefined,
  };
}

import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import { lockUploads } from '../../../platform/database/locks';
import { TooManyUploadsError } from './uploads.errors';
import type { NewUpload, Upload } from './upload';

interface UploadRow {
  id: string;
  tenant_id: string;
  file_name: string;
  size_bytes: string;
  received_bytes: string;
  sha256: string | null;
  touched_at: Date;
  release_id: string | null;
}

const COLUMNS = 'id, tenant_id, file_name, size_bytes, received_bytes, sha256, touched_at, release_id';

@Injectable()
export class UploadsRepository {
  constructor(private readonly database: Database) {}

  /** Under a lock of the tenant's, so that bounds hold. `judge` is told the bytes that all open uploads come to. */
  async insert(
    upload: NewUpload & Pick<Upload, 'id' | 'tenantId'>,
    createdBy: string,
    bounds: { readonly mostOpen: number; readonly judge: (openBytes: number) => void },
  ): Promise<void> {
    const { id, tenantId, fileName, sizeBytes, sha256 } = upload;
    await this.database.transaction(async (tx) => {
      await lockUploads(tx, tenantId);
      const { count, bytes } = await openOf(tx, tenantId);
      if (count >= bounds.mostOpen) throw new TooManyUploadsError(bounds.mostOpen);
      bounds.judge(bytes);
      await tx.query(
        `INSERT INTO upload (id, tenant_id, created_by, file_name, size_bytes, sha256)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [id, tenantId, createdBy, fileName, sizeBytes, sha256],
      );
    });
  }

  async find(tenantId: string, id: string): Promise<Upload | undefined> {
    const [row] = await this.database.query<UploadRow>(
      `SELECT ${COLUMNS} FROM upload WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    return row === undefined ? undefined : uploadOf(row);
  }

  /**
   * For a request that sends bytes from there on; whoever had the turn before, on whatever replica, notes nothing any more.
   * Undefined when the upload is gone.
   */
  async takeTurn(tenantId: string, id: string, receivedBytes: number): Promise<string | undefined> {
    const [row] = await this.database.query<{ turn: string }>(
      `UPDATE upload SET turn = turn + 1, received_bytes = $3, touched_at = now()
        WHERE tenant_id = $1 AND id = $2 AND received_bytes >= $3 AND release_id IS NULL RETURNING turn`,
      [tenantId, id, receivedBytes],
    );
    return row?.turn;
  }

  /** How far it is; also keeps it from being given up. False when another request has the turn, or the upload is gone. */
  async note(tenantId: string, id: string, at: { turn: string; receivedBytes: number }): Promise<boolean> {
    const noted = await this.database.execute(
      `UPDATE upload SET received_bytes = $4, touched_at = now()
        WHERE tenant_id = $1 AND id = $2 AND turn = $3 AND release_id IS NULL`,
      [tenantId, id, at.turn, at.receivedBytes],
    );
    return noted > 0;
  }

  /** Keeps it from being given up. */
  async touch(tenantId: string, id: string): Promise<void> {
    await this.database.execute('UPDATE upload SET touched_at = now() WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      id,
    ]);
  }

  async spend(tenantId: string, ids: readonly string[], releaseId: string): Promise<void> {
    await this.database.execute(
      'UPDATE upload SET release_id = $3, touched_at = now() WHERE tenant_id = $1 AND id = ANY($2)',
      [tenantId, ids, releaseId],
    );
  }

  async delete(tenantId: string, id: string): Promise<void> {
    await this.database.execute('DELETE FROM upload WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  }

  /** Of all tenants, those that nobody went on with. */
  async deleteIdle(idleMs: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `DELETE FROM upload WHERE touched_at < now() - make_interval(secs => $1) RETURNING id`,
      [idleMs / 1000],
    );
    return rows.map(({ id }) => id);
  }

  /** Which of these ids are of no upload of any tenant that still needs its bytes. */
  async unknownOf(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT k.id FROM unnest($1::text[]) AS k (id)
        WHERE NOT EXISTS (SELECT 1 FROM upload u WHERE u.id = k.id AND u.release_id IS NULL)`,
      [ids],
    );
    return rows.map(({ id }) => id);
  }
}

async function openOf(tx: Sql, tenantId: string): Promise<{ count: number; bytes: number }> {
  const [row] = await tx.query<{ count: number; bytes: string }>(
    `SELECT count(*)::int AS count, coalesce(sum(size_bytes), 0)::text AS bytes FROM upload
      WHERE tenant_id = $1 AND release_id IS NULL`,
    [tenantId],
  );
  return { count: row?.count ?? 0, bytes: Number(row?.bytes ?? 0) };
}

function uploadOf(row: UploadRow): Upload {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    fileName: row.file_name,
    sizeBytes: Number(row.size_bytes),
    receivedBytes: Number(row.received_bytes),
    sha256: row.sha256 ?? undefined,
    touchedAt: row.touched_at,
    releaseId: row.release_id ?? undefined,
  };
}

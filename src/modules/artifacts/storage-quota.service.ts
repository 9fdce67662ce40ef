import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { BlobTooLargeError } from '../../platform/storage/storage.errors';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import { StorageQuotaError } from './artifacts.errors';

/**
 * What the tenant has stored: bytes that releases refer to, or are about to. What is linked lies elsewhere, and what waits for
 * the collector is as good as gone.
 */
const ARE_STORED = `
   WHERE b.tenant_id = $1
     AND (b.id = ANY($2::bigint[]) OR EXISTS (SELECT 1 FROM artifact a WHERE a.tenant_id = $1 AND a.blob_id = b.id))
     AND NOT EXISTS (SELECT 1 FROM blob_source s WHERE s.tenant_id = $1 AND s.blob_id = b.id)`;
const STORED = `
  SELECT coalesce(sum(b.size_bytes), 0)::text AS bytes, coalesce(max(b.size_bytes), 0)::text AS largest FROM blob b
  ${ARE_STORED}`;
const ONE_STORED = `SELECT 1 FROM blob b ${ARE_STORED}`;

interface Stored {
  readonly bytes: number;
  /** The largest one of them. */
  readonly largest: number;
}

/** What a tenant may still store, in bytes. Infinity without a quota. */
export interface Room {
  readonly most: number;
  readonly left: number;
  /** No file that may be taken is larger: it fits into what is left, or it is one of those that are there. */
  readonly largestFile: number;
}

/** How much a tenant may store. Content that is there already costs nothing more. */
@Injectable()
export class StorageQuotaService {
  constructor(
    private readonly database: Database,
    private readonly settings: TenantSettingsService,
  ) {}

  async roomOf(tenantId: string): Promise<Room> {
    const most = await this.mostOf(this.database, tenantId);
    if (most === 0) return { most: Infinity, left: Infinity, largestFile: Infinity };
    const { bytes, largest } = await storedBy(this.database, tenantId, []);
    const left = Math.max(most - bytes, 0);
    return { most, left, largestFile: Math.max(left, largest) };
  }

  /** Tells an upload that went beyond the room as that, and not as a file that is too large. */
  async within<T>({ most, largestFile }: Room, staging: Promise<T>): Promise<T> {
    try {
      return await staging;
    } catch (error) {
      throw error instanceof BlobTooLargeError && error.maxBytes === largestFile
        ? new StorageQuotaError(most)
        : error;
    }
  }

  /** @throws StorageQuotaError when the tenant has too much with these blobs. Under the plan's lock, so nobody adds meanwhile. */
  async check(tx: Sql, tenantId: string, blobIds: readonly string[]): Promise<void> {
    const most = await this.mostOf(tx, tenantId);
    if (most === 0) return;
    const { bytes } = await storedBy(tx, tenantId, blobIds);
    if (bytes > most) throw new StorageQuotaError(most);
  }

  /** Whether a file is one that the tenant has stored. */
  async isStored(tenantId: string, file: { sha256: string; sizeBytes: number }): Promise<boolean> {
    const rows = await this.database.query(`${ONE_STORED} AND b.sha256 = $3 AND b.size_bytes = $4`, [
      ...[tenantId, [], file.sha256, file.sizeBytes],
    ]);
    return rows.length > 0;
  }

  private async mostOf(sql: Sql, tenantId: string): Promise<number> {
    return (await this.settings.read(sql, tenantId)).quotas.storedBytes;
  }
}

async function storedBy(sql: Sql, tenantId: string, blobIds: readonly string[]): Promise<Stored> {
  const [row] = await sql.query<{ bytes: string; largest: string }>(STORED, [tenantId, blobIds]);
  return { bytes: Number(row?.bytes ?? 0), largest: Number(row?.largest ?? 0) };
}

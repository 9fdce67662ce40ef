import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { BlobTooLargeError } from '../../platform/storage/storage.errors';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import { StorageQuotaError } from './artifacts.errors';

/**
 * What the tenant has stored: bytes that releases refer to, or are about to. What is linked lies elsewhere, and what waits for
 * the collector is as good as gone.
 */
const STORED = `
  SELECT coalesce(sum(b.size_bytes), 0)::text AS bytes FROM blob b
   WHERE b.tenant_id = $1
     AND (b.id = ANY($2::bigint[]) OR EXISTS (SELECT 1 FROM artifact a WHERE a.tenant_id = $1 AND a.blob_id = b.id))
     AND NOT EXISTS (SELECT 1 FROM blob_source s WHERE s.tenant_id = $1 AND s.blob_id = b.id)`;

/** How much a tenant may store. Content that is there already costs nothing more. */
@Injectable()
export class StorageQuotaService {
  constructor(
    private readonly database: Database,
    private readonly settings: TenantSettingsService,
  ) {}

  /** Bytes that one more file may have; an upload that goes beyond ends early. Infinity without a quota. */
  async leftOf(tenantId: string): Promise<number> {
    const most = await this.mostOf(this.database, tenantId);
    if (most === 0) return Number.POSITIVE_INFINITY;
    return Math.max(most - (await storedBytes(this.database, tenantId, [])), 0);
  }

  /** Tells an upload that went beyond what was left as that, and not as a file that is too large. */
  async within<T>(left: number, staging: Promise<T>): Promise<T> {
    try {
      return await staging;
    } catch (error) {
      throw error instanceof BlobTooLargeError && error.maxBytes === left
        ? new StorageQuotaError(left)
        : error;
    }
  }

  /** @throws StorageQuotaError when the tenant has too much with these blobs. Under the plan's lock, so nobody adds meanwhile. */
  async check(tx: Sql, tenantId: string, blobIds: readonly string[]): Promise<void> {
    const most = await this.mostOf(tx, tenantId);
    if (most > 0 && (await storedBytes(tx, tenantId, blobIds)) > most) throw new StorageQuotaError(most);
  }

  private async mostOf(sql: Sql, tenantId: string): Promise<number> {
    return (await this.settings.read(sql, tenantId)).quotas.storedBytes;
  }
}

async function storedBytes(sql: Sql, tenantId: string, blobIds: readonly string[]): Promise<number> {
  const [row] = await sql.query<{ bytes: string }>(STORED, [tenantId, blobIds]);
  return Number(row?.bytes ?? 0);
}

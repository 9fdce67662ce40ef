import type { BlobRange, StoredBlob } from './blob-store';
import { InvalidBlobKeyError } from './storage.errors';

const TENANT_ID = /^[0-9]{1,19}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Where a blob lies below the root of any store: `<tenantId>/<aa>/<sha256>`. The one gate in front of every path. */
export function blobKey(tenantId: string, sha256: string): string {
  assertTenantId(tenantId);
  if (!SHA256.test(sha256)) throw new InvalidBlobKeyError('sha256');
  return `${tenantId}/${sha256.slice(0, 2)}/${sha256}`;
}

/** What lies under such a key; undefined when it is none of ours. */
export function storedBlobOf(key: string): StoredBlob | undefined {
  const [tenantId = '', shard, sha256 = ''] = key.split('/');
  const isOurs = TENANT_ID.test(tenantId) && SHA256.test(sha256) && sha256.startsWith(shard ?? '-');
  return isOurs ? { tenantId, sha256 } : undefined;
}

export function assertTenantId(tenantId: string): void {
  if (!TENANT_ID.test(tenantId)) throw new InvalidBlobKeyError('tenant id');
}

export function assertRange({ start, endInclusive }: BlobRange): void {
  const isValid = Number.isSafeInteger(start) && Number.isSafeInteger(endInclusive);
  if (!isValid || start < 0 || endInclusive < start) throw new InvalidBlobKeyError('range');
}

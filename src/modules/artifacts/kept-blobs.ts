/** The version of the schema that knows of files which stay where their address says, and of what the scrubber found. */
const BYTES = 'Bytes1795478400000';

/**
 * For a backup, over all tenants: the files whose bytes are stored here, as tenant_id, sha256 and size_bytes. Not those that the
 * scrubber found damaged or missing: they are lost already, and a restore shall say the same of them.
 */
export function keptBlobs(schema: readonly string[]): string {
  const all = 'SELECT b.tenant_id, b.sha256, b.size_bytes FROM blob b';
  if (!schema.includes(BYTES)) return all;
  return `${all} WHERE b.fault IS NULL AND NOT EXISTS (
    SELECT 1 FROM blob_source s WHERE s.tenant_id = b.tenant_id AND s.blob_id = b.id)`;
}

/** Uploads that are not finished: their bytes are not part of a backup. */
export const NOT_KEPT = ['upload'];

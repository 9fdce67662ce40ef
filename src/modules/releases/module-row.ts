import type { BlobFault } from '../artifacts/sources/source';
import type { Judgement } from '../trust/judgement';
import type { Artifact, ModuleMetadata, ReleaseModule } from './release/release';

/** A file with its module, as they are read together. */
export interface ModuleRow {
  release_id: string;
  id: string;
  type: string;
  name: string;
  version: string;
  format: string;
  description: string | null;
  is_encrypted: boolean;
  metadata: ModuleMetadata[];
  artifact_id: string;
  file_name: string;
  artifact_created_at: Date;
  size_bytes: string;
  sha256: string;
  sha1: string;
  md5: string;
  crc32: string;
  fault: BlobFault | null;
  signature: Judgement;
  source_url: string | null;
  has_credentials: boolean;
}

/** The modules of one release, in the order of their rows. */
export function modulesOf(rows: ModuleRow[]): ReleaseModule[] {
  const byId = new Map<string, ReleaseModule & { artifacts: Artifact[] }>();
  for (const row of rows) {
    const { id, type, name, version, format, description } = row;
    const known = byId.get(id) ?? {
      ...{ id, type, name, version, format },
      ...(description === null ? {} : { description }),
      ...{ isEncrypted: row.is_encrypted, metadata: row.metadata },
      artifacts: [],
    };
    known.artifacts.push(artifactOf(row));
    byId.set(id, known);
  }
  return [...byId.values()];
}

function artifactOf(row: ModuleRow): Artifact {
  return {
    id: row.artifact_id,
    fileName: row.file_name,
    sizeBytes: Number(row.size_bytes),
    sha256: row.sha256,
    sha1: row.sha1,
    md5: row.md5,
    crc32: row.crc32,
    createdAt: row.artifact_created_at,
    ...(row.source_url === null
      ? {}
      : { source: { url: row.source_url, hasCredentials: row.has_credentials } }),
    ...(row.fault === null ? {} : { fault: row.fault }),
    signature: row.signature,
  };
}

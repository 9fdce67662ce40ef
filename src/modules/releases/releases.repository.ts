import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import type { ReleaseDraft } from './draft';
import type { HardwarePattern } from './hardware';
import type { Artifact, Release, ReleaseModule } from './release';

interface ReleaseRow {
  id: string;
  name: string;
  version: string;
  notes: string;
  hardware: HardwarePattern[];
  digest: string;
  warnings: string[];
  is_withdrawn: boolean;
  created_at: Date;
  created_by: string;
}

interface ModuleRow {
  release_id: string;
  id: string;
  type: string;
  name: string;
  version: string;
  format: string;
  description: string | null;
  artifact_id: string;
  file_name: string;
  artifact_created_at: Date;
  size_bytes: string;
  sha256: string;
  sha1: string;
  md5: string;
  crc32: string;
}

const COLUMNS = 'id, name, version, notes, hardware, digest, warnings, is_withdrawn, created_at, created_by';

@Injectable()
export class ReleasesRepository {
  constructor(private readonly database: Database) {}

  async find(tenantId: string, id: string): Promise<Release | undefined> {
    const rows = await this.database.query<ReleaseRow>(
      `SELECT ${COLUMNS} FROM release WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
      [tenantId, id],
    );
    return (await this.withModules(tenantId, rows))[0];
  }

  async isThere(sql: Sql, tenantId: string, id: string): Promise<boolean> {
    const rows = await sql.query(
      'SELECT 1 FROM release WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL',
      [tenantId, id],
    );
    return rows.length > 0;
  }

  async findVersion(sql: Sql, tenantId: string, id: string): Promise<string | undefined> {
    const [row] = await sql.query<{ version: string }>(
      'SELECT version FROM release WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
    return row?.version;
  }

  /** Newest first; one more than asked for, to see whether there are more. */
  async list(tenantId: string, page: PageRequest): Promise<Release[]> {
    const rows = await this.database.query<ReleaseRow>(
      `SELECT ${COLUMNS} FROM release
        WHERE tenant_id = $1 AND deleted_at IS NULL AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [tenantId, page.after ?? null, page.limit + 1],
    );
    return this.withModules(tenantId, rows);
  }

  /** The id of the release that has this name and version now. */
  async idOf(tenantId: string, name: string, version: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ id: string }>(
      'SELECT id FROM release WHERE tenant_id = $1 AND name = $2 AND version = $3 AND deleted_at IS NULL',
      [tenantId, name, version],
    );
    return row?.id;
  }

  async insert(tx: Sql, tenantId: string, draft: ReleaseDraft, createdBy: string): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO release (tenant_id, name, version, notes, hardware, digest, warnings, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
      [
        tenantId,
        draft.name,
        draft.version,
        draft.notes,
        JSON.stringify(draft.hardware),
        draft.digest,
        draft.warnings,
        createdBy,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    return row.id;
  }

  /** One module per file, with its artifact. `blobIds` are in the order of the draft's modules. */
  async insertModules(
    tx: Sql,
    tenantId: string,
    releaseId: string,
    content: { draft: ReleaseDraft; blobIds: readonly string[] },
  ): Promise<void> {
    for (const [index, module] of content.draft.modules.entries()) {
      await tx.query(
        `WITH made AS (
           INSERT INTO release_module (tenant_id, release_id, position, type, name, version, format, description)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id)
         INSERT INTO artifact (tenant_id, module_id, file_name, blob_id) SELECT $1, id, $9, $10 FROM made`,
        [
          tenantId,
          releaseId,
          index + 1,
          module.type,
          module.name,
          module.version,
          module.format,
          module.description ?? null,
          module.fileName,
          content.blobIds[index],
        ],
      );
    }
  }

  /** Why the release cannot go, or undefined. Called under the tenant's plan lock. */
  async useOf(tx: Sql, tenantId: string, id: string): Promise<string | undefined> {
    const [row] = await tx.query<{ by: string }>(
      `SELECT 'rollout "' || name || '" names it' AS by FROM rollout
        WHERE tenant_id = $1 AND release_id = $2 AND state NOT IN ('aborted', 'closed')
       UNION ALL SELECT 'device ' || controller_id || ' has it assigned or forced' FROM device
        WHERE tenant_id = $1 AND (assigned_release_id = $2 OR forced_release_id = $2)
       UNION ALL SELECT 'device ' || controller_id || ' is updating to it' FROM action
        WHERE tenant_id = $1 AND release_id = $2 AND ended_at IS NULL
       LIMIT 1`,
      [tenantId, id],
    );
    return row?.by;
  }

  /** Hides the release, frees its name and drops its files' names; tells which blobs it used. */
  async delete(tx: Sql, tenantId: string, id: string): Promise<string[]> {
    await tx.query('UPDATE release SET deleted_at = now() WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
    const rows = await tx.query<{ sha256: string }>(
      `WITH dropped AS (
         DELETE FROM artifact a USING release_module m
          WHERE a.tenant_id = $1 AND m.tenant_id = $1 AND a.module_id = m.id AND m.release_id = $2 RETURNING a.blob_id)
       SELECT DISTINCT b.sha256 FROM blob b JOIN dropped d ON d.blob_id = b.id WHERE b.tenant_id = $1`,
      [tenantId, id],
    );
    return rows.map((row) => row.sha256);
  }

  private async withModules(tenantId: string, rows: ReleaseRow[]): Promise<Release[]> {
    if (rows.length === 0) return [];
    const modules = await this.database.query<ModuleRow>(
      `SELECT m.release_id, m.id, m.type, m.name, m.version, m.format, m.description, a.id AS artifact_id, a.file_name,
              a.created_at AS artifact_created_at, b.size_bytes, b.sha256, b.sha1, b.md5, b.crc32
         FROM release_module m
         JOIN artifact a ON a.module_id = m.id AND a.tenant_id = m.tenant_id
         JOIN blob b ON b.id = a.blob_id AND b.tenant_id = m.tenant_id
        WHERE m.tenant_id = $1 AND m.release_id = ANY($2::bigint[]) ORDER BY m.release_id, m.position, a.id`,
      [tenantId, rows.map((row) => row.id)],
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      version: row.version,
      notes: row.notes,
      hardware: row.hardware,
      digest: row.digest,
      warnings: row.warnings,
      isWithdrawn: row.is_withdrawn,
      createdAt: row.created_at,
      createdBy: row.created_by,
      modules: modulesOf(modules.filter((module) => module.release_id === row.id)),
    }));
  }
}

function modulesOf(rows: ModuleRow[]): ReleaseModule[] {
  const byId = new Map<string, ReleaseModule & { artifacts: Artifact[] }>();
  for (const row of rows) {
    const { id, type, name, version, format, description } = row;
    const known = byId.get(id) ?? {
      ...{ id, type, name, version, format },
      ...(description === null ? {} : { description }),
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
  };
}

import { Injectable } from '@nestjs/common';
import { STANDING_SIGNATURE } from './release/standing-signature';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import type { Judgement } from '../trust/judgement';
import type { ReleaseDraft } from './draft/draft';
import type { HardwarePattern } from './release/hardware';
import { modulesOf, type ModuleRow } from './module-row';
import type { Invalidation, Release } from './release/release';

interface ReleaseRow {
  id: string;
  name: string;
  version: string;
  notes: string;
  hardware: HardwarePattern[];
  digest: string;
  warnings: string[];
  is_withdrawn: boolean;
  withdrawn_by: string | null;
  upgrade_from: string | null;
  is_required_step: boolean;
  invalidation: Invalidation | null;
  created_at: Date;
  created_by: string;
}

/** What is stored of a file beside its name. */
interface StorableFile {
  readonly blobId: string;
  readonly judgement: Judgement;
  /** That came beside it. */
  readonly signature?: Buffer | undefined;
}

interface AssignableRow {
  id: string;
  version: string;
  invalidation: Invalidation | null;
  isWithdrawn: boolean;
}

interface OfferableRow {
  hardware: HardwarePattern[];
  digest: string;
  invalidation: Invalidation | null;
  isWithdrawn: boolean;
  p90Ms: string | null;
}

const COLUMNS =
  'id, name, version, notes, hardware, digest, warnings, is_withdrawn, withdrawn_by, upgrade_from, is_required_step, invalidation, created_at, created_by';

/** Without what may be left out of a version: `1.0.0+b7` and `1` come out alike, and a few others that are not the same. */
const shortened = (version: string): string =>
  `regexp_replace(regexp_replace(${version}, '[+].*$', ''), '([.]0){1,2}$', '')`;

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

  /** Makes the release invalid for good; false when it was already. */
  async invalidate(tx: Sql, tenantId: string, id: string, invalidation: Invalidation): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE release SET invalidation = $3, invalidated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND invalidation IS NULL`,
      [tenantId, id, invalidation],
    );
    return changed > 0;
  }

  /** What an assignment has to know; undefined when there is no such release. */
  async findAssignable(sql: Sql, tenantId: string, id: string): Promise<AssignableRow | undefined> {
    const [row] = await sql.query<AssignableRow>(
      `SELECT id, version, invalidation, is_withdrawn AS "isWithdrawn" FROM release
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
      [tenantId, id],
    );
    return row;
  }

  /** What a rollout has to know; undefined when there is no such release. */
  async findOfferable(sql: Sql, tenantId: string, id: string): Promise<OfferableRow | undefined> {
    const [row] = await sql.query<OfferableRow>(
      `SELECT hardware, digest, invalidation, is_withdrawn AS "isWithdrawn", p90_ms AS "p90Ms" FROM release
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
      [tenantId, id],
    );
    return row;
  }

  /** False when it was withdrawn already, by whomever. */
  async withdraw(tx: Sql, tenantId: string, id: string, by: string): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE release SET is_withdrawn = true, withdrawn_by = $3
        WHERE tenant_id = $1 AND id = $2 AND NOT is_withdrawn`,
      [tenantId, id, by],
    );
    return changed > 0;
  }

  /** False when it was not withdrawn. */
  async reinstate(tx: Sql, tenantId: string, id: string): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE release SET is_withdrawn = false, withdrawn_by = NULL
        WHERE tenant_id = $1 AND id = $2 AND is_withdrawn`,
      [tenantId, id],
    );
    return changed > 0;
  }

  /** The release called so, as the caller's transaction sees it. */
  async findNamed(
    sql: Sql,
    tenantId: string,
    name: string,
    version: string,
  ): Promise<{ id: string } | undefined> {
    const [row] = await sql.query<{ id: string }>(
      'SELECT id FROM release WHERE tenant_id = $1 AND name = $2 AND version = $3 AND deleted_at IS NULL',
      [tenantId, name, version],
    );
    return row;
  }

  /** Releases of this version that devices can still get, as the caller's transaction sees them. */
  async listOfVersion(
    tx: Sql,
    tenantId: string,
    version: string,
  ): Promise<
    { id: string; name: string; version: string; sha256s: string[]; hardware: HardwarePattern[] }[]
  > {
    return tx.query(
      `SELECT r.id, r.name, r.version, r.hardware,
              ARRAY(SELECT b.sha256 FROM release_module m JOIN artifact a ON a.module_id = m.id JOIN blob b ON b.id = a.blob_id
                     WHERE m.release_id = r.id AND m.tenant_id = $1 AND a.tenant_id = $1 AND b.tenant_id = $1) AS sha256s
         FROM release r
        WHERE r.tenant_id = $1 AND ${shortened('r.version')} = ${shortened('$2')}
          AND r.deleted_at IS NULL AND NOT r.is_withdrawn AND r.invalidation IS NULL
        ORDER BY r.id`,
      [tenantId, version],
    );
  }

  /** What the signatures of its files are worth, by their names. */
  async signaturesOf(
    sql: Sql,
    tenantId: string,
    id: string,
  ): Promise<{ fileName: string; signature: Judgement }[]> {
    return sql.query(
      `SELECT a.file_name AS "fileName", ${STANDING_SIGNATURE} AS signature FROM artifact a JOIN release_module m ON m.id = a.module_id
        WHERE a.tenant_id = $1 AND m.tenant_id = $1 AND m.release_id = $2 ORDER BY a.id`,
      [tenantId, id],
    );
  }

  /** What came beside files, by the ids of the artifacts that have such. */
  async detachedSignatures(sql: Sql, tenantId: string, id: string): Promise<ReadonlyMap<string, Buffer>> {
    const rows = await sql.query<{ id: string; signature: Buffer }>(
      `SELECT a.id, a.detached_signature AS signature FROM artifact a JOIN release_module m ON m.id = a.module_id
        WHERE a.tenant_id = $1 AND m.tenant_id = $1 AND m.release_id = $2 AND a.detached_signature IS NOT NULL`,
      [tenantId, id],
    );
    return new Map(rows.map((row) => [row.id, row.signature]));
  }

  /** The same by the names of the files. */
  async signaturesBeside(tenantId: string, id: string): Promise<ReadonlyMap<string, Buffer>> {
    const rows = await this.database.query<{ name: string; signature: Buffer }>(
      `SELECT a.file_name AS name, a.detached_signature AS signature
         FROM artifact a JOIN release_module m ON m.id = a.module_id
        WHERE a.tenant_id = $1 AND m.tenant_id = $1 AND m.release_id = $2 AND a.detached_signature IS NOT NULL`,
      [tenantId, id],
    );
    return new Map(rows.map((row) => [row.name, row.signature]));
  }

  /** Part of a plan change. */
  async setSignature(tx: Sql, tenantId: string, artifactId: string, judgement: Judgement): Promise<void> {
    await tx.query('UPDATE artifact SET signature = $3 WHERE tenant_id = $1 AND id = $2', [
      ...[tenantId, artifactId],
      JSON.stringify(judgement),
    ]);
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
      `INSERT INTO release (tenant_id, name, version, notes, hardware, digest, warnings, created_by, is_required_step,
              upgrade_from)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
      [
        tenantId,
        draft.name,
        draft.version,
        draft.notes,
        JSON.stringify(draft.hardware),
        draft.digest,
        draft.warnings,
        createdBy,
        draft.isRequiredStep,
        draft.upgradeFrom ?? null,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    return row.id;
  }

  /** The modules with their artifacts. `files` by their names. */
  async insertModules(
    tx: Sql,
    tenantId: string,
    releaseId: string,
    content: { draft: ReleaseDraft; files: ReadonlyMap<string, StorableFile> },
  ): Promise<void> {
    for (const [index, module] of content.draft.modules.entries()) {
      const files = module.fileNames.map((name) => content.files.get(name));
      await tx.query(
        `WITH made AS (
           INSERT INTO release_module (tenant_id, release_id, position, type, name, version, format, description,
                  is_encrypted, metadata)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id)
         INSERT INTO artifact (tenant_id, module_id, file_name, blob_id, signature, detached_signature)
         SELECT $1, made.id, f.name, f.blob_id, f.signature, f.detached
           FROM made, unnest($11::text[], $12::bigint[], $13::jsonb[], $14::bytea[])
                WITH ORDINALITY AS f (name, blob_id, signature, detached, position) ORDER BY f.position`,
        [
          tenantId,
          releaseId,
          index + 1,
          module.type,
          module.name,
          module.version,
          module.format,
          module.description ?? null,
          module.isEncrypted,
          JSON.stringify(module.metadata),
          module.fileNames,
          files.map((file) => file?.blobId),
          files.map((file) => JSON.stringify(file?.judgement)),
          files.map((file) => file?.signature ?? null),
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
      `SELECT m.release_id, m.id, m.type, m.name, m.version, m.format, m.description, m.is_encrypted, m.metadata, a.id AS artifact_id, a.file_name, ${STANDING_SIGNATURE} AS signature,
              a.created_at AS artifact_created_at, b.size_bytes, b.sha256, b.sha1, b.md5, b.crc32, b.fault,
              s.url AS source_url, s.credentials IS NOT NULL AS has_credentials
         FROM release_module m
         JOIN artifact a ON a.module_id = m.id AND a.tenant_id = m.tenant_id
         JOIN blob b ON b.id = a.blob_id AND b.tenant_id = m.tenant_id
         LEFT JOIN blob_source s ON s.blob_id = b.id AND s.tenant_id = b.tenant_id
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
      withdrawnBy: row.withdrawn_by ?? undefined,
      upgradeFrom: row.upgrade_from ?? undefined,
      isRequiredStep: row.is_required_step,
      invalidation: row.invalidation ?? undefined,
      createdAt: row.created_at,
      createdBy: row.created_by,
      modules: modulesOf(modules.filter((module) => module.release_id === row.id)),
    }));
  }
}

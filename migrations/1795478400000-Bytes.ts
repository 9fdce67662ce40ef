import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where bytes are and how they go out: each tenant's way of delivery and quota, what the scrubber found, files that stay where
 * their address says, and uploads that go on after a break.
 */
export class Bytes1795478400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [SETTINGS, BLOBS, SOURCES, UPLOADS]) await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE upload, blob_source;
      DROP INDEX blob_unchecked;
      ALTER TABLE blob DROP COLUMN checked_at, DROP COLUMN fault, DROP COLUMN fault_at;
      ALTER TABLE tenant_settings DROP COLUMN delivery, DROP COLUMN max_stored_bytes;
    `);
  }
}

/** 0: as much as there is room for. */
const SETTINGS = `
ALTER TABLE tenant_settings ADD COLUMN delivery text NOT NULL DEFAULT 'stream',
  ADD COLUMN max_stored_bytes bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT tenant_settings_delivery CHECK (delivery IN ('stream', 'redirect', 'accel')),
  ADD CONSTRAINT tenant_settings_max_stored_bytes CHECK (max_stored_bytes >= 0);`;

/** What was never re-read comes first, then what was re-read longest ago. */
const BLOBS = `
ALTER TABLE blob ADD COLUMN checked_at timestamptz, ADD COLUMN fault text, ADD COLUMN fault_at timestamptz,
  ADD CONSTRAINT blob_fault CHECK (fault IN ('missing', 'damaged', 'changed')),
  ADD CONSTRAINT blob_fault_told CHECK ((fault IS NULL) = (fault_at IS NULL));
CREATE INDEX blob_unchecked ON blob (checked_at NULLS FIRST, id);`;

/** A blob with a source keeps no bytes here; its credentials are sealed with the server's own key. */
const SOURCES = `
CREATE TABLE blob_source (
  blob_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  url text NOT NULL,
  credentials bytea,
  etag text,
  last_modified text,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT blob_source_pk PRIMARY KEY (blob_id),
  CONSTRAINT blob_source_blob_fk FOREIGN KEY (blob_id) REFERENCES blob (id) ON DELETE CASCADE
);
CREATE INDEX blob_source_tenant ON blob_source (tenant_id, blob_id);`;

/**
 * Bytes of an upload lie in the data folder until a release is made of it; the row stays a while, for who asks again. Each
 * request that sends bytes has a turn of its own, and only the last one may write down how far it came.
 */
const UPLOADS = `
CREATE TABLE upload (
  id text NOT NULL,
  tenant_id bigint NOT NULL,
  created_by text NOT NULL,
  file_name text NOT NULL,
  size_bytes bigint NOT NULL,
  received_bytes bigint NOT NULL DEFAULT 0,
  turn bigint NOT NULL DEFAULT 0,
  sha256 text,
  release_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  touched_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT upload_pk PRIMARY KEY (id),
  CONSTRAINT upload_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT upload_release_fk FOREIGN KEY (release_id) REFERENCES release (id) ON DELETE CASCADE,
  CONSTRAINT upload_size CHECK (received_bytes BETWEEN 0 AND size_bytes),
  CONSTRAINT upload_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
CREATE INDEX upload_tenant ON upload (tenant_id, created_at);
CREATE INDEX upload_touched ON upload (touched_at);`;

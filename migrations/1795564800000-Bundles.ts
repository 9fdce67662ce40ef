import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose signatures a tenant believes, what it demands of the bundles that it rolls out, and what each signature is worth. */
export class Bundles1795564800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [SETTINGS, ANCHORS, ARTIFACTS]) await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE artifact DROP COLUMN signature, DROP COLUMN detached_signature;
      DROP TABLE trust_anchor;
      ALTER TABLE tenant_settings DROP COLUMN signature_demand, DROP COLUMN signature_expiry,
        DROP COLUMN opaque_files, DROP COLUMN compatible_pattern;
    `);
  }
}

const SETTINGS = `
ALTER TABLE tenant_settings ADD COLUMN signature_demand text NOT NULL DEFAULT 'none',
  ADD COLUMN signature_expiry text NOT NULL DEFAULT 'now',
  ADD COLUMN opaque_files text NOT NULL DEFAULT 'allow',
  ADD COLUMN compatible_pattern text,
  ADD CONSTRAINT tenant_settings_signature_demand CHECK (signature_demand IN ('none', 'trusted')),
  ADD CONSTRAINT tenant_settings_signature_expiry CHECK (signature_expiry IN ('now', 'signing-time', 'ignore')),
  ADD CONSTRAINT tenant_settings_opaque_files CHECK (opaque_files IN ('allow', 'refuse'));`;

/** A certificate has a subject and dates; a public key has neither. */
const ANCHORS = `
CREATE TABLE trust_anchor (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  pem text NOT NULL,
  fingerprint text NOT NULL,
  algorithm text NOT NULL,
  purpose text NOT NULL,
  subject text,
  not_before timestamptz,
  not_after timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CONSTRAINT trust_anchor_pk PRIMARY KEY (id),
  CONSTRAINT trust_anchor_fingerprint_unique UNIQUE (tenant_id, fingerprint),
  CONSTRAINT trust_anchor_fingerprint_shape CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  CONSTRAINT trust_anchor_kind CHECK (kind IN ('certificate', 'key')),
  CONSTRAINT trust_anchor_purpose CHECK (purpose IN ('emailProtection', 'codeSigning', 'any')),
  CONSTRAINT trust_anchor_certificate CHECK ((kind = 'certificate') = (subject IS NOT NULL AND not_before IS NOT NULL
    AND not_after IS NOT NULL)),
  CONSTRAINT trust_anchor_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);`;

/** What was stored before was judged by nobody, and counts as unsigned. A signature that came beside a file is kept, to be judged anew. */
const ARTIFACTS = `
ALTER TABLE artifact ADD COLUMN signature jsonb NOT NULL DEFAULT '{"kind": "unsigned"}',
  ADD COLUMN detached_signature bytea,
  ADD CONSTRAINT artifact_signature_kind CHECK (signature->>'kind' IN ('signed', 'untrusted', 'broken', 'unsigned'));`;

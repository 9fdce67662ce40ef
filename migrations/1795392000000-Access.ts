import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may come in, and with what: what kind of client a device runs, devices that wait for somebody to let them in, tokens
 * that end and follow one another, and the certificate authorities of tenants whose devices speak TLS to Rookery itself.
 */
export class Access1795392000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [DEVICES, SETTINGS, GATEWAY_TOKENS, AUTHORITIES]) await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE client_authority;
      ALTER TABLE gateway_token DROP COLUMN expires_at, DROP COLUMN last_used_at;
      ALTER TABLE tenant_settings DROP COLUMN unknown_devices, DROP COLUMN gateway_speaks_for_token_holders;
      DROP INDEX device_approval;
      ALTER TABLE device DROP COLUMN set_client, DROP COLUMN reported_client, DROP COLUMN approval,
        DROP COLUMN target_token_expires_at, DROP COLUMN previous_token_hash, DROP COLUMN previous_token_expires_at;
    `);
  }
}

/** The constant default rewrites no row. Few devices wait or are refused, so the index is small. */
const DEVICES = `
ALTER TABLE device ADD COLUMN set_client text, ADD COLUMN reported_client text,
  ADD COLUMN approval text NOT NULL DEFAULT 'approved',
  ADD COLUMN target_token_expires_at timestamptz,
  ADD COLUMN previous_token_hash bytea, ADD COLUMN previous_token_expires_at timestamptz,
  ADD CONSTRAINT device_set_client CHECK (set_client IN ('swupdate', 'rauc', 'zephyr', 'esp', 'hawkbit-rs', 'unknown')),
  ADD CONSTRAINT device_reported_client CHECK (reported_client IN ('swupdate', 'rauc', 'zephyr', 'esp', 'hawkbit-rs')),
  ADD CONSTRAINT device_approval CHECK (approval IN ('approved', 'waiting', 'refused')),
  ADD CONSTRAINT device_previous_token CHECK ((previous_token_hash IS NULL) = (previous_token_expires_at IS NULL));
CREATE INDEX device_approval ON device (tenant_id, approval, controller_id) WHERE approval <> 'approved';`;

const SETTINGS = `
ALTER TABLE tenant_settings ADD COLUMN unknown_devices text NOT NULL DEFAULT 'admit',
  ADD COLUMN gateway_speaks_for_token_holders boolean NOT NULL DEFAULT true,
  ADD CONSTRAINT tenant_settings_unknown_devices CHECK (unknown_devices IN ('admit', 'ask', 'refuse'));`;

const GATEWAY_TOKENS = `
ALTER TABLE gateway_token ADD COLUMN expires_at timestamptz, ADD COLUMN last_used_at timestamptz;`;

/** The same authority may vouch for the devices of several tenants, each under its own name. */
const AUTHORITIES = `
CREATE TABLE client_authority (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  pem text NOT NULL,
  fingerprint text NOT NULL,
  subject text NOT NULL,
  not_after timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT client_authority_pk PRIMARY KEY (id),
  CONSTRAINT client_authority_fingerprint_unique UNIQUE (tenant_id, fingerprint),
  CONSTRAINT client_authority_fingerprint_shape CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  CONSTRAINT client_authority_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);`;

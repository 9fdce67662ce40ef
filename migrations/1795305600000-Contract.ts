import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the whole DDI contract needs: direct assignments with their kind, weight and window, confirmation by the device's
 * user, what is installed by which action, and each tenant's own settings and module types.
 */
export class Contract1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [SETTINGS, RELEASES, ASSIGNMENTS, ACTIONS, DEVICES])
      await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE device DROP COLUMN installed_action_id, DROP COLUMN auto_confirm, DROP COLUMN auto_confirm_at,
        DROP COLUMN auto_confirm_by, DROP COLUMN auto_confirm_initiator, DROP COLUMN auto_confirm_remark;
      DROP INDEX action_waiting, action_assignment;
      ALTER TABLE action DROP COLUMN type, DROP COLUMN force_at, DROP COLUMN weight, DROP COLUMN assignment_id,
        DROP COLUMN window_schedule, DROP COLUMN window_duration_ms, DROP COLUMN window_timezone,
        DROP COLUMN needs_confirmation, DROP COLUMN last_code;
      ALTER TABLE rollout DROP COLUMN type, DROP COLUMN force_at, DROP COLUMN needs_confirmation;
      DROP TABLE assignment, module_type, tenant_settings;
      ALTER TABLE release_module DROP COLUMN metadata, DROP COLUMN is_encrypted;
      ALTER TABLE release DROP COLUMN is_required_step, DROP COLUMN invalidated_at, DROP COLUMN invalidation;
    `);
  }
}

const SETTINGS = `
CREATE TABLE tenant_settings (
  tenant_id bigint NOT NULL,
  polling text,
  window_poll_count int NOT NULL DEFAULT 3,
  needs_confirmation boolean NOT NULL DEFAULT false,
  closes_superseded boolean NOT NULL DEFAULT false,
  takes_gateway_tokens boolean NOT NULL DEFAULT true,
  takes_target_tokens boolean NOT NULL DEFAULT true,
  certificate_authorities text[] NOT NULL DEFAULT '{}',
  keeps_addresses boolean NOT NULL DEFAULT true,
  guards_artifacts boolean NOT NULL DEFAULT true,
  max_log_entries int NOT NULL DEFAULT 1000,
  max_messages int NOT NULL DEFAULT 50,
  max_attributes int NOT NULL DEFAULT 100,
  max_open_actions int NOT NULL DEFAULT 100,
  revision int NOT NULL DEFAULT 1,
  CONSTRAINT tenant_settings_pk PRIMARY KEY (tenant_id),
  CONSTRAINT tenant_settings_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
INSERT INTO tenant_settings (tenant_id) SELECT id FROM tenant;
CREATE TABLE module_type (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  max_per_release int,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT module_type_pk PRIMARY KEY (id),
  CONSTRAINT module_type_key_unique UNIQUE (tenant_id, key),
  CONSTRAINT module_type_key_shape CHECK (key ~ '^[A-Za-z0-9_.-]{1,64}$'),
  CONSTRAINT module_type_max CHECK (max_per_release > 0),
  CONSTRAINT module_type_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
INSERT INTO module_type (tenant_id, key, name, max_per_release)
SELECT t.id, k.key, k.name, k.most FROM tenant t,
       (VALUES ('os', 'Operating system', 1), ('application', 'Application', NULL), ('runtime', 'Runtime', 1))
         AS k (key, name, most);`;

const RELEASES = `
ALTER TABLE release ADD COLUMN is_required_step boolean NOT NULL DEFAULT false,
  ADD COLUMN invalidated_at timestamptz, ADD COLUMN invalidation text,
  ADD CONSTRAINT release_invalidation CHECK (invalidation IN ('none', 'soft', 'force'));
ALTER TABLE release_module ADD COLUMN metadata jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN is_encrypted boolean NOT NULL DEFAULT false;`;

const ASSIGNMENTS = `
CREATE TABLE assignment (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  release_id bigint NOT NULL,
  type text NOT NULL,
  force_at timestamptz,
  weight int NOT NULL,
  window_schedule text,
  window_duration_ms bigint,
  window_timezone text,
  needs_confirmation boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CONSTRAINT assignment_pk PRIMARY KEY (id),
  CONSTRAINT assignment_type CHECK (type IN ('forced', 'soft', 'time-forced', 'download-only')),
  CONSTRAINT assignment_force_at CHECK ((type = 'time-forced') = (force_at IS NOT NULL)),
  CONSTRAINT assignment_weight CHECK (weight BETWEEN 0 AND 1000),
  CONSTRAINT assignment_window CHECK ((window_schedule IS NULL) = (window_duration_ms IS NULL)
    AND (window_schedule IS NULL) = (window_timezone IS NULL)),
  CONSTRAINT assignment_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT assignment_release_fk FOREIGN KEY (release_id) REFERENCES release (id)
);
CREATE INDEX assignment_tenant ON assignment (tenant_id, id DESC);
CREATE INDEX assignment_release ON assignment (release_id);
ALTER TABLE rollout ADD COLUMN type text NOT NULL DEFAULT 'forced', ADD COLUMN force_at timestamptz,
  ADD COLUMN needs_confirmation boolean NOT NULL DEFAULT true,
  ADD CONSTRAINT rollout_type CHECK (type IN ('forced', 'soft', 'time-forced', 'download-only')),
  ADD CONSTRAINT rollout_force_at CHECK ((type = 'time-forced') = (force_at IS NOT NULL));`;

/** The constant defaults rewrite no row. A window is kept with the action, since its assignment may be long gone. */
const ACTIONS = `
ALTER TABLE action ADD COLUMN type text NOT NULL DEFAULT 'forced', ADD COLUMN force_at timestamptz,
  ADD COLUMN weight int NOT NULL DEFAULT 1000, ADD COLUMN assignment_id bigint,
  ADD COLUMN window_schedule text, ADD COLUMN window_duration_ms bigint, ADD COLUMN window_timezone text,
  ADD COLUMN needs_confirmation boolean NOT NULL DEFAULT false, ADD COLUMN last_code int,
  ADD CONSTRAINT action_type CHECK (type IN ('forced', 'soft', 'time-forced', 'download-only')),
  ADD CONSTRAINT action_assignment_fk FOREIGN KEY (assignment_id) REFERENCES assignment (id);
CREATE INDEX action_waiting ON action (device_id, weight DESC, id) WHERE ended_at IS NULL AND NOT is_exposed;
CREATE INDEX action_assignment ON action (assignment_id) WHERE assignment_id IS NOT NULL;`;

const DEVICES = `
ALTER TABLE device ADD COLUMN installed_action_id bigint,
  ADD COLUMN auto_confirm boolean NOT NULL DEFAULT false, ADD COLUMN auto_confirm_at timestamptz,
  ADD COLUMN auto_confirm_by text, ADD COLUMN auto_confirm_initiator text, ADD COLUMN auto_confirm_remark text;`;

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. Every table names its tenant. Ids that devices see (action, release_module) stay below 2^31: SWUpdate
 * and Zephyr read them into an int. `action` and `rollout_device` keep plain device ids without a foreign key, since
 * deleting a device must not rewrite what happened.
 */
export class Foundation1795219200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [TENANCY, IDENTITY, RELEASES, DEVICES, ROLLOUTS, ACTIONS, EVENTS, PARTITIONS]) {
      await runner.query(statements);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE event, action_log, action, device_attempt, rollout_device, rollout_tally, rollout_lane, rollout_wave,
        rollout, device_presence, device, artifact, release_module, release, blob, feed, gateway_token, api_token,
        user_account, tenant_plan, tenant;
      DROP FUNCTION ensure_month_partitions(text, int);
    `);
  }
}

const TENANCY = `
CREATE TABLE tenant (
  id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647),
  key text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenant_pk PRIMARY KEY (id),
  CONSTRAINT tenant_key_unique UNIQUE (key),
  CONSTRAINT tenant_key_shape CHECK (key = upper(key) AND length(key) BETWEEN 1 AND 64)
);
CREATE TABLE tenant_plan (
  tenant_id bigint NOT NULL,
  revision bigint NOT NULL DEFAULT 1,
  is_stopped boolean NOT NULL DEFAULT false,
  CONSTRAINT tenant_plan_pk PRIMARY KEY (tenant_id),
  CONSTRAINT tenant_plan_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);`;

const IDENTITY = `
CREATE TABLE user_account (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  password_hash text NOT NULL,
  role text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_account_pk PRIMARY KEY (id),
  CONSTRAINT user_account_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT user_account_role CHECK (role IN ('viewer', 'publisher', 'operator', 'administrator'))
);
CREATE UNIQUE INDEX user_account_name_unique ON user_account (tenant_id, lower(name));
CREATE TABLE api_token (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  user_id bigint,
  name text NOT NULL,
  token_hash bytea NOT NULL,
  role text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT api_token_pk PRIMARY KEY (id),
  CONSTRAINT api_token_hash_unique UNIQUE (token_hash),
  CONSTRAINT api_token_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT api_token_user_fk FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE,
  CONSTRAINT api_token_role CHECK (role IN ('viewer', 'publisher', 'operator', 'administrator'))
);
CREATE TABLE gateway_token (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  CONSTRAINT gateway_token_pk PRIMARY KEY (id),
  CONSTRAINT gateway_token_hash_unique UNIQUE (tenant_id, token_hash),
  CONSTRAINT gateway_token_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);`;

const RELEASES = `
CREATE TABLE blob (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  sha256 text NOT NULL,
  sha1 text NOT NULL,
  md5 text NOT NULL,
  crc32 text NOT NULL,
  size_bytes bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT blob_pk PRIMARY KEY (id),
  CONSTRAINT blob_content_unique UNIQUE (tenant_id, sha256),
  CONSTRAINT blob_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE TABLE release (
  id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647),
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  version text NOT NULL,
  notes text NOT NULL DEFAULT '',
  hardware jsonb NOT NULL DEFAULT '[]',
  digest text NOT NULL,
  warnings text[] NOT NULL DEFAULT '{}',
  is_withdrawn boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT release_pk PRIMARY KEY (id),
  CONSTRAINT release_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX release_name_version_unique ON release (tenant_id, name, version) WHERE deleted_at IS NULL;
CREATE TABLE release_module (
  id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647),
  tenant_id bigint NOT NULL,
  release_id bigint NOT NULL,
  position int NOT NULL,
  type text NOT NULL,
  name text NOT NULL,
  version text NOT NULL,
  format text NOT NULL,
  description text,
  CONSTRAINT release_module_pk PRIMARY KEY (id),
  CONSTRAINT release_module_position_unique UNIQUE (release_id, position),
  CONSTRAINT release_module_release_fk FOREIGN KEY (release_id) REFERENCES release (id) ON DELETE CASCADE
);
CREATE TABLE artifact (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  module_id bigint NOT NULL,
  file_name text NOT NULL,
  blob_id bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT artifact_pk PRIMARY KEY (id),
  CONSTRAINT artifact_file_unique UNIQUE (module_id, file_name),
  CONSTRAINT artifact_module_fk FOREIGN KEY (module_id) REFERENCES release_module (id) ON DELETE CASCADE,
  CONSTRAINT artifact_blob_fk FOREIGN KEY (blob_id) REFERENCES blob (id)
);
CREATE INDEX artifact_blob ON artifact (blob_id);`;

const DEVICES = `
CREATE TABLE feed (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  is_default boolean NOT NULL DEFAULT false,
  revision int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT feed_pk PRIMARY KEY (id),
  CONSTRAINT feed_name_unique UNIQUE (tenant_id, name),
  CONSTRAINT feed_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX feed_default_unique ON feed (tenant_id) WHERE is_default;
CREATE TABLE device (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  controller_id text NOT NULL,
  name text,
  feed_id bigint NOT NULL,
  mode text NOT NULL DEFAULT 'rollout',
  is_pinned boolean NOT NULL DEFAULT false,
  takes_prereleases boolean NOT NULL DEFAULT false,
  assigned_release_id bigint,
  assignment_number int NOT NULL DEFAULT 0,
  forced_release_id bigint,
  force_number int NOT NULL DEFAULT 0,
  tags text[] NOT NULL DEFAULT '{}',
  attributes jsonb NOT NULL DEFAULT '{}',
  attributes_at timestamptz,
  wants_attributes boolean NOT NULL DEFAULT true,
  set_model text,
  set_revision text,
  reported_model text,
  reported_revision text,
  installed_version text,
  is_version_reported boolean NOT NULL DEFAULT false,
  installed_at timestamptz,
  installed_release_id bigint,
  target_token_hash bytea,
  decision_rev bigint NOT NULL DEFAULT 1,
  verdict text,
  verdict_plan_revision bigint,
  verdict_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT device_pk PRIMARY KEY (id),
  CONSTRAINT device_controller_id_unique UNIQUE (tenant_id, controller_id),
  CONSTRAINT device_controller_id_length CHECK (length(controller_id) BETWEEN 1 AND 256),
  CONSTRAINT device_mode CHECK (mode IN ('rollout', 'latest', 'assigned')),
  CONSTRAINT device_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT device_feed_fk FOREIGN KEY (feed_id) REFERENCES feed (id),
  CONSTRAINT device_assigned_release_fk FOREIGN KEY (assigned_release_id) REFERENCES release (id),
  CONSTRAINT device_forced_release_fk FOREIGN KEY (forced_release_id) REFERENCES release (id)
) WITH (fillfactor = 85);
CREATE INDEX device_feed ON device (feed_id);
CREATE INDEX device_assigned_release ON device (assigned_release_id) WHERE assigned_release_id IS NOT NULL;
CREATE INDEX device_forced_release ON device (forced_release_id) WHERE forced_release_id IS NOT NULL;
CREATE TABLE device_presence (
  device_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  last_seen_at timestamptz,
  address text,
  user_agent text,
  CONSTRAINT device_presence_pk PRIMARY KEY (device_id),
  CONSTRAINT device_presence_device_fk FOREIGN KEY (device_id) REFERENCES device (id) ON DELETE CASCADE
) WITH (fillfactor = 70);`;

const ROLLOUTS = `
CREATE TABLE rollout (
  id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647),
  tenant_id bigint NOT NULL,
  name text NOT NULL,
  feed_id bigint NOT NULL,
  release_id bigint NOT NULL,
  state text NOT NULL DEFAULT 'draft',
  priority int NOT NULL DEFAULT 0,
  salt text NOT NULL,
  in_flight_cap int,
  attempts int NOT NULL DEFAULT 1,
  allows_downgrade boolean NOT NULL DEFAULT false,
  current_wave int NOT NULL DEFAULT 1,
  revision int NOT NULL DEFAULT 1,
  started_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CONSTRAINT rollout_pk PRIMARY KEY (id),
  CONSTRAINT rollout_name_unique UNIQUE (tenant_id, name),
  CONSTRAINT rollout_state CHECK (state IN
    ('draft', 'scheduled', 'awaiting-approval', 'running', 'paused', 'finished', 'aborted', 'closed')),
  CONSTRAINT rollout_cap CHECK (in_flight_cap > 0),
  CONSTRAINT rollout_attempts CHECK (attempts BETWEEN 1 AND 100),
  CONSTRAINT rollout_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT rollout_feed_fk FOREIGN KEY (feed_id) REFERENCES feed (id),
  CONSTRAINT rollout_release_fk FOREIGN KEY (release_id) REFERENCES release (id)
);
CREATE INDEX rollout_release ON rollout (release_id);
CREATE INDEX rollout_feed ON rollout (feed_id);
CREATE TABLE rollout_wave (
  rollout_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  position int NOT NULL,
  buckets int NOT NULL,
  CONSTRAINT rollout_wave_pk PRIMARY KEY (rollout_id, position),
  CONSTRAINT rollout_wave_buckets CHECK (buckets BETWEEN 0 AND 10000),
  CONSTRAINT rollout_wave_rollout_fk FOREIGN KEY (rollout_id) REFERENCES rollout (id) ON DELETE CASCADE
);
CREATE TABLE rollout_lane (
  rollout_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  lane int NOT NULL,
  cap int NOT NULL,
  in_flight int NOT NULL DEFAULT 0,
  CONSTRAINT rollout_lane_pk PRIMARY KEY (rollout_id, lane),
  CONSTRAINT rollout_lane_in_flight CHECK (in_flight >= 0),
  CONSTRAINT rollout_lane_rollout_fk FOREIGN KEY (rollout_id) REFERENCES rollout (id) ON DELETE CASCADE
) WITH (fillfactor = 30);
CREATE TABLE rollout_tally (
  rollout_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  wave int NOT NULL,
  lane int NOT NULL,
  state text NOT NULL,
  devices int NOT NULL,
  CONSTRAINT rollout_tally_pk PRIMARY KEY (rollout_id, wave, lane, state),
  CONSTRAINT rollout_tally_rollout_fk FOREIGN KEY (rollout_id) REFERENCES rollout (id) ON DELETE CASCADE
) WITH (fillfactor = 30);
CREATE TABLE rollout_device (
  rollout_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  device_id bigint NOT NULL,
  wave int NOT NULL,
  lane int NOT NULL,
  action_id bigint NOT NULL,
  state text NOT NULL,
  CONSTRAINT rollout_device_pk PRIMARY KEY (rollout_id, device_id),
  CONSTRAINT rollout_device_rollout_fk FOREIGN KEY (rollout_id) REFERENCES rollout (id) ON DELETE CASCADE
) WITH (fillfactor = 70);
CREATE TABLE device_attempt (
  device_id bigint NOT NULL,
  tenant_id bigint NOT NULL,
  origin text NOT NULL,
  attempts int NOT NULL,
  CONSTRAINT device_attempt_pk PRIMARY KEY (device_id, origin),
  CONSTRAINT device_attempt_device_fk FOREIGN KEY (device_id) REFERENCES device (id) ON DELETE CASCADE
);`;

const ACTIONS = `
CREATE TABLE action (
  id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647),
  tenant_id bigint NOT NULL,
  device_id bigint NOT NULL,
  controller_id text NOT NULL,
  release_id bigint NOT NULL,
  origin text NOT NULL,
  is_forced boolean NOT NULL DEFAULT false,
  rollout_id bigint,
  wave int,
  lane int,
  state text NOT NULL,
  is_exposed boolean NOT NULL,
  has_proof boolean NOT NULL DEFAULT false,
  cancel_from text,
  ended_by text,
  device_verdict text,
  is_corrected boolean NOT NULL DEFAULT false,
  previous_version text,
  previous_release_id bigint,
  log_count int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  retrieved_at timestamptz,
  ended_at timestamptz,
  CONSTRAINT action_pk PRIMARY KEY (id),
  CONSTRAINT action_state CHECK (state IN ('queued', 'awaiting-confirmation', 'offered', 'retrieved', 'downloading',
    'downloaded', 'installing', 'installed', 'cancelling', 'confirmed', 'failed', 'cancelled', 'timed-out', 'lapsed',
    'withdrawn')),
  CONSTRAINT action_ended_by CHECK (ended_by IN ('device', 'server', 'cancel')),
  CONSTRAINT action_device_verdict CHECK (device_verdict IN ('success', 'failure')),
  CONSTRAINT action_end CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
  CONSTRAINT action_exposed_open CHECK (NOT (is_exposed AND ended_at IS NOT NULL)),
  CONSTRAINT action_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  CONSTRAINT action_release_fk FOREIGN KEY (release_id) REFERENCES release (id),
  CONSTRAINT action_rollout_fk FOREIGN KEY (rollout_id) REFERENCES rollout (id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX action_exposed_unique ON action (device_id) WHERE is_exposed;
CREATE INDEX action_device ON action (device_id, id DESC);
CREATE INDEX action_rollout ON action (rollout_id, id) WHERE rollout_id IS NOT NULL;
CREATE INDEX action_release_open ON action (release_id) WHERE ended_at IS NULL;
CREATE TABLE action_log (
  tenant_id bigint NOT NULL,
  action_id bigint NOT NULL,
  seq int NOT NULL,
  logged_at timestamptz NOT NULL DEFAULT now(),
  source text NOT NULL,
  status text NOT NULL,
  code int,
  messages text[] NOT NULL,
  CONSTRAINT action_log_pk PRIMARY KEY (action_id, seq, logged_at),
  CONSTRAINT action_log_source CHECK (source IN ('device', 'server'))
) PARTITION BY RANGE (logged_at);
CREATE TABLE action_log_rest PARTITION OF action_log DEFAULT;`;

const EVENTS = `
CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  actor text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  occurred_at timestamptz NOT NULL DEFAULT now(),
  publish_seq bigint,
  CONSTRAINT event_pk PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX event_tenant ON event (tenant_id, id DESC);
CREATE INDEX event_subject ON event (tenant_id, subject, id DESC);`;

/** Logs and events are dropped by the month, never row by row. The rest partition catches what no month is there for. */
const PARTITIONS = `
CREATE FUNCTION ensure_month_partitions(parent text, months_ahead int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first_day timestamp;
  partition text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('ensure_month_partitions'));
  FOR ahead IN 0..months_ahead LOOP
    first_day := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead);
    partition := parent || '_' || to_char(first_day, 'YYYY_MM');
    IF to_regclass(partition) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', partition, parent,
        first_day AT TIME ZONE 'UTC', (first_day + interval '1 month') AT TIME ZONE 'UTC');
    END IF;
  END LOOP;
END $$;
SELECT ensure_month_partitions('action_log', 2);
SELECT ensure_month_partitions('event', 2);`;

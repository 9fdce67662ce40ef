import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rollouts that stop by themselves: whom they mean, in which waves, how fast and when; what opens and what closes a gate; when an
 * action is given up; and what a device has to show before its update counts.
 */
export class Rollouts1795651200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statements of [RELEASES, DEVICES, ACTIONS, ROLLOUTS, WAVES, MEMBERS, SETTINGS])
      await runner.query(statements);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE tenant_settings DROP COLUMN requires_approval, DROP COLUMN demands_preview, DROP COLUMN freezes,
        DROP COLUMN deadlines, DROP COLUMN breaker_share, DROP COLUMN breaker_sample;
      DELETE FROM rollout_tally WHERE state = 'lost';
      ALTER TABLE rollout_device DROP COLUMN previous_release_id, DROP COLUMN failure_kind, DROP COLUMN settled_at,
        DROP COLUMN failed_in, DROP COLUMN watch_at;
      ALTER TABLE rollout_lane DROP COLUMN minute, DROP COLUMN minute_offers;
      ALTER TABLE rollout_wave DROP COLUMN name, DROP COLUMN member_ids, DROP COLUMN member_tags, DROP COLUMN member_filter,
        DROP COLUMN most_devices, DROP COLUMN devices, DROP COLUMN success_share, DROP COLUMN failure_share, DROP COLUMN sample,
        DROP COLUMN soak_ms, DROP COLUMN is_manual, DROP COLUMN soak_since, DROP COLUMN passed_at,
        DROP COLUMN passed_by, DROP COLUMN acknowledged_failures, DROP COLUMN acknowledged_finished;
      DELETE FROM rollout_tally t USING rollout r WHERE r.id = t.rollout_id AND r.feed_id IS NULL;
      UPDATE action SET rollout_id = NULL, wave = NULL, lane = NULL WHERE rollout_id IN (SELECT id FROM rollout WHERE feed_id IS NULL);
      DELETE FROM rollout WHERE feed_id IS NULL;
      DROP INDEX rollout_due;
      ALTER TABLE rollout DROP COLUMN filter, DROP COLUMN reverts_rollout_id, DROP COLUMN most_devices, DROP COLUMN devices,
        DROP COLUMN offers_per_minute, DROP COLUMN ramp_start, DROP COLUMN ramp_doubling_ms, DROP COLUMN start_at,
        DROP COLUMN windows, DROP COLUMN retry_backoff_ms, DROP COLUMN confirms, DROP COLUMN silent_polls,
        DROP COLUMN when_tripped, DROP COLUMN halt, DROP COLUMN started_by, DROP COLUMN approved_by,
        DROP COLUMN approved_at, DROP COLUMN ended_at, DROP COLUMN cancels_running, DROP COLUMN resumes,
        DROP COLUMN acknowledged_failures, DROP COLUMN acknowledged_finished,
        ALTER COLUMN feed_id SET NOT NULL;
      DROP INDEX action_due;
      DROP INDEX action_undated;
      DROP INDEX action_release_ended;
      DROP INDEX action_release_open;
      CREATE INDEX action_release_open ON action (release_id) WHERE ended_at IS NULL;
      ALTER TABLE action DROP COLUMN due_at, DROP COLUMN give_up_at, DROP COLUMN awaits_version, DROP COLUMN failure_kind,
        DROP COLUMN installed_at;
      ALTER TABLE device_attempt DROP COLUMN last_ended_at;
      ALTER TABLE device DROP COLUMN time_zone, DROP COLUMN quiet_until, DROP COLUMN ask_at, DROP COLUMN asks,
        DROP COLUMN changed_by_rollout_id, DROP COLUMN changed_from_release_id;
      ALTER TABLE release DROP COLUMN upgrade_from, DROP COLUMN withdrawn_by, DROP COLUMN p90_ms;
    `);
  }
}

/** `upgrade_from`: a SemVer range. `p90_ms`: how long nine of ten devices take from the fetch to the end. */
const RELEASES = `
ALTER TABLE release ADD COLUMN upgrade_from text, ADD COLUMN withdrawn_by text, ADD COLUMN p90_ms bigint;`;

/**
 * `quiet_until`: nothing is offered after a time-out, until the device reports. `ask_at`: when it is asked for its version again.
 * `changed_…`: the rollout that gave it what it runs, and what it ran before, for the way back.
 */
const DEVICES = `
ALTER TABLE device ADD COLUMN time_zone text, ADD COLUMN quiet_until timestamptz,
  ADD COLUMN ask_at timestamptz, ADD COLUMN asks int NOT NULL DEFAULT 0,
  ADD COLUMN changed_by_rollout_id bigint, ADD COLUMN changed_from_release_id bigint;
ALTER TABLE device_attempt ADD COLUMN last_ended_at timestamptz;`;

/**
 * `due_at`: when the state that an action is in, or the action as a whole (`give_up_at`), is given up; on a coarse grid, so that
 * most steps leave the index alone. Open actions without one are of before this, or of a replica that knows no deadlines: the
 * sweep gives them theirs. Those of a release are ended in the order of their ids, a hundred at a time.
 */
const ACTIONS = `
ALTER TABLE action ADD COLUMN due_at timestamptz, ADD COLUMN give_up_at timestamptz,
  ADD COLUMN awaits_version boolean NOT NULL DEFAULT false, ADD COLUMN failure_kind text,
  ADD COLUMN installed_at timestamptz,
  ADD CONSTRAINT action_failure_kind CHECK (failure_kind IN
    ('device', 'rejected', 'rolled-back', 'timed-out', 'lost', 'server'));
CREATE INDEX action_due ON action (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX action_undated ON action (id) WHERE due_at IS NULL AND ended_at IS NULL;
DROP INDEX action_release_open;
CREATE INDEX action_release_open ON action (release_id, id) WHERE ended_at IS NULL;
CREATE INDEX action_release_ended ON action (release_id, id DESC) WHERE ended_at IS NOT NULL AND rollout_id IS NULL;`;

/**
 * Shares are in hundredths of a percent, as buckets are. A rollout without a feed means all devices that its filter matches.
 * \`rollout_due\`: those that the scheduler looks after, beside all that ever were.
 */
const ROLLOUTS = `
ALTER TABLE rollout ALTER COLUMN feed_id DROP NOT NULL,
  ADD COLUMN filter text, ADD COLUMN reverts_rollout_id bigint,
  ADD COLUMN most_devices int, ADD COLUMN devices int NOT NULL DEFAULT 0,
  ADD COLUMN offers_per_minute int, ADD COLUMN ramp_start int, ADD COLUMN ramp_doubling_ms bigint,
  ADD COLUMN start_at timestamptz, ADD COLUMN windows jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN retry_backoff_ms bigint NOT NULL DEFAULT 0,
  ADD COLUMN confirms text NOT NULL DEFAULT 'report', ADD COLUMN silent_polls int NOT NULL DEFAULT 0,
  ADD COLUMN when_tripped text NOT NULL DEFAULT 'pause', ADD COLUMN halt jsonb,
  ADD COLUMN started_by text, ADD COLUMN approved_by text, ADD COLUMN approved_at timestamptz, ADD COLUMN ended_at timestamptz,
  ADD COLUMN cancels_running boolean NOT NULL DEFAULT false, ADD COLUMN resumes int NOT NULL DEFAULT 0,
  ADD COLUMN acknowledged_failures int NOT NULL DEFAULT 0, ADD COLUMN acknowledged_finished int NOT NULL DEFAULT 0,
  ADD CONSTRAINT rollout_population CHECK (feed_id IS NOT NULL OR filter IS NOT NULL OR reverts_rollout_id IS NOT NULL),
  ADD CONSTRAINT rollout_most_devices CHECK (devices BETWEEN 0 AND coalesce(most_devices, 2147483647)),
  ADD CONSTRAINT rollout_pace CHECK (offers_per_minute > 0 AND ramp_start > 0 AND ramp_doubling_ms > 0
    AND (ramp_start IS NULL) = (ramp_doubling_ms IS NULL)),
  ADD CONSTRAINT rollout_confirms CHECK (confirms IN ('version', 'report')),
  ADD CONSTRAINT rollout_when_tripped CHECK (when_tripped IN ('pause', 'abort')),
  ADD CONSTRAINT rollout_reverts_fk FOREIGN KEY (reverts_rollout_id) REFERENCES rollout (id);
CREATE INDEX rollout_due ON rollout (tenant_id, id) WHERE state = 'running' OR state = 'scheduled'
  OR (state = 'finished' AND silent_polls > 0) OR (state = 'aborted' AND cancels_running);`;

/** The rollouts there are keep what they had: one wave of everyone whose gate never closes. */
const WAVES = `
ALTER TABLE rollout_wave ADD COLUMN name text,
  ADD COLUMN member_ids text[] NOT NULL DEFAULT '{}', ADD COLUMN member_tags text[] NOT NULL DEFAULT '{}', ADD COLUMN member_filter text,
  ADD COLUMN most_devices int, ADD COLUMN devices int NOT NULL DEFAULT 0,
  ADD COLUMN success_share int NOT NULL DEFAULT 0, ADD COLUMN failure_share int NOT NULL DEFAULT 10000,
  ADD COLUMN sample int NOT NULL DEFAULT 1, ADD COLUMN soak_ms bigint NOT NULL DEFAULT 0,
  ADD COLUMN is_manual boolean NOT NULL DEFAULT false, ADD COLUMN soak_since timestamptz, ADD COLUMN passed_at timestamptz,
  ADD COLUMN passed_by text,
  ADD COLUMN acknowledged_failures int NOT NULL DEFAULT 0, ADD COLUMN acknowledged_finished int NOT NULL DEFAULT 0,
  ADD CONSTRAINT rollout_wave_shares CHECK (success_share BETWEEN 0 AND 10000 AND failure_share BETWEEN 0 AND 10000),
  ADD CONSTRAINT rollout_wave_sample CHECK (sample > 0),
  ADD CONSTRAINT rollout_wave_soak CHECK (soak_ms >= 0),
  ADD CONSTRAINT rollout_wave_most_devices CHECK (devices BETWEEN 0 AND coalesce(most_devices, 2147483647));
ALTER TABLE rollout_lane ADD COLUMN minute bigint NOT NULL DEFAULT 0, ADD COLUMN minute_offers int NOT NULL DEFAULT 0;`;

/**
 * Beside the states of actions a device's place in a rollout may be \`lost\`: updated, and not heard of since. \`failed_in\`: how often
 * the rollout had been resumed when the device failed, which tells whether that was acknowledged since. \`watch_at\`: when an updated
 * device may have been silent for too long, so that whoever looks for those reads no other; only where silence counts, and while it does.
 */
const MEMBERS = `
ALTER TABLE rollout_device ADD COLUMN previous_release_id bigint, ADD COLUMN failure_kind text, ADD COLUMN settled_at timestamptz,
  ADD COLUMN failed_in int, ADD COLUMN watch_at timestamptz;
CREATE INDEX rollout_device_watched ON rollout_device (rollout_id, wave, watch_at) WHERE watch_at IS NOT NULL;`;

/** \`deadlines\`: milliseconds by name; what is left out is as the server has it. */
const SETTINGS = `
ALTER TABLE tenant_settings ADD COLUMN requires_approval boolean NOT NULL DEFAULT false,
  ADD COLUMN demands_preview boolean NOT NULL DEFAULT false, ADD COLUMN freezes jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN deadlines jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN breaker_share int NOT NULL DEFAULT 2000, ADD COLUMN breaker_sample int NOT NULL DEFAULT 20,
  ADD CONSTRAINT tenant_settings_breaker CHECK (breaker_share BETWEEN 0 AND 10000 AND breaker_sample > 0);`;

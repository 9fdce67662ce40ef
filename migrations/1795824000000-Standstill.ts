import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What stood still is known: a ramp begins anew after a break, and devices that could not be heard by a server that was away are not
 * taken for silent ones.
 */
export class Standstill1795824000000 implements MigrationInterface {
  name = 'Standstill1795824000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE rollout_lane ADD COLUMN ramp_since bigint NOT NULL DEFAULT 0;
      CREATE TABLE attendance (
        place text CONSTRAINT attendance_pk PRIMARY KEY,
        seen_at timestamptz NOT NULL,
        since timestamptz NOT NULL,
        patient_until timestamptz NOT NULL
      );`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE attendance;
      ALTER TABLE rollout_lane DROP COLUMN ramp_since;`);
  }
}

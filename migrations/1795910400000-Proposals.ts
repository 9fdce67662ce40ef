import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A change of a rollout that goes beyond what was approved waits beside it for the next approval (ADR 21). */
export class Proposals1795910400000 implements MigrationInterface {
  name = 'Proposals1795910400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout ADD COLUMN proposal jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout DROP COLUMN proposal');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events get the numbers that readers go by once they are committed: an id is given out before its commit, so that "greater than the
 * last one seen" would pass over what a slow transaction wrote.
 */
export class EventRelay1795737600000 implements MigrationInterface {
  name = 'EventRelay1795737600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE event_relay (
        tenant_id bigint CONSTRAINT event_relay_pk PRIMARY KEY CONSTRAINT event_relay_tenant REFERENCES tenant,
        last_seq bigint NOT NULL DEFAULT 0
      );
      CREATE INDEX event_unsent ON event (tenant_id, id) WHERE publish_seq IS NULL;
      CREATE INDEX event_sent ON event (tenant_id, publish_seq) WHERE publish_seq IS NOT NULL;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX event_sent;
      DROP INDEX event_unsent;
      DROP TABLE event_relay;
      UPDATE event SET publish_seq = NULL WHERE publish_seq IS NOT NULL;`);
  }
}

import type { MigrationInterface } from 'typeorm';
import { Foundation1795219200000 } from '../../../migrations/1795219200000-Foundation';
import { Contract1795305600000 } from '../../../migrations/1795305600000-Contract';
import { Access1795392000000 } from '../../../migrations/1795392000000-Access';
import { Bytes1795478400000 } from '../../../migrations/1795478400000-Bytes';
import { Bundles1795564800000 } from '../../../migrations/1795564800000-Bundles';
import { Rollouts1795651200000 } from '../../../migrations/1795651200000-Rollouts';
import { EventRelay1795737600000 } from '../../../migrations/1795737600000-EventRelay';
import { Standstill1795824000000 } from '../../../migrations/1795824000000-Standstill';
import { Proposals1795910400000 } from '../../../migrations/1795910400000-Proposals';

/** Every migration, in order. A list rather than a glob: a file that the build left out is a type error, not a surprise. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  Foundation1795219200000,
  Contract1795305600000,
  Access1795392000000,
  Bytes1795478400000,
  Bundles1795564800000,
  Rollouts1795651200000,
  EventRelay1795737600000,
  Standstill1795824000000,
  Proposals1795910400000,
];

/** What TypeORM writes down of a migration that was applied: its `name`, or its class where there is none. */
export function migrationName(migration: new () => MigrationInterface): string {
  return new migration().name ?? migration.name;
}

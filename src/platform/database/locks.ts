import type { ClientBase } from 'pg';
import type { Sql } from './database';

/**
 * Advisory locks, taken in this order: tenant plan, rollouts (ascending), releases, then rows (device, action, lanes, tallies,
 * release, rollout, plan row).
 * Keys are two int4: a class and an id. `FOR SHARE` on the rows themselves starved "pause" for seconds when measured.
 */
const PLAN = 1;
const ROLLOUT = 2;
const BLOB = 3;
const QUEUE = 4;
const UPLOADS = 5;
const STORED_BYTES = 6;
const RELEASE = 7;
const EVENTS = 8;

/** Whoever changes what the plan says holds this alone; after its commit no older plan admits anything. */
export async function lockPlanExclusive(tx: Sql, tenantId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [PLAN, tenantId]);
}

export async function lockPlanShared(tx: Sql, tenantId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1::int, $2::int)', [PLAN, tenantId]);
}

/** Held while a failure is counted and judged: no offer of the rollout is admitted meanwhile. */
export async function lockRolloutExclusive(tx: Sql, rolloutId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [ROLLOUT, rolloutId]);
}

export async function lockRolloutShared(tx: Sql, rolloutId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1::int, $2::int)', [ROLLOUT, rolloutId]);
}

/** Claims a rollout for one step of a scheduler; false when somebody is just at it, who is not waited for. */
export async function claimRollout(tx: Sql, rolloutId: string): Promise<boolean> {
  const [row] = await tx.query<{ claimed: boolean }>(
    'SELECT pg_try_advisory_xact_lock($1::int, $2::int) AS claimed',
    [ROLLOUT, rolloutId],
  );
  return row?.claimed === true;
}

/** Held while a failure without a rollout is counted against its release: it is offered to nobody meanwhile. */
export async function lockReleaseExclusive(tx: Sql, releaseId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [RELEASE, releaseId]);
}

export async function lockReleaseShared(tx: Sql, releaseId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1::int, $2::int)', [RELEASE, releaseId]);
}

/** Claims the numbering of a tenant's events; false when another replica is just at it. */
export async function claimEvents(tx: Sql, tenantId: string): Promise<boolean> {
  const [row] = await tx.query<{ claimed: boolean }>(
    'SELECT pg_try_advisory_xact_lock($1::int, $2::int) AS claimed',
    [EVENTS, tenantId],
  );
  return row?.claimed === true;
}

/** Held while devices are added to those of the tenant that wait for an operator: how many they are is bounded. */
export async function lockQueueOfDevices(tx: Sql, tenantId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [QUEUE, tenantId]);
}

/** Held while an upload is begun: how many the tenant has under way is bounded. */
export async function lockUploads(tx: Sql, tenantId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [UPLOADS, tenantId]);
}

/** Between making a blob's row and its bytes visible (or removing both). `sha256` is hex; 31 bits of it are the key. */
export async function lockBlob(tx: Sql, sha256: string): Promise<void> {
  const key = Number.parseInt(sha256.slice(0, 8), 16) >>> 1;
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [BLOB, key]);
}

/**
 * Held by a backup, alone and as long as its connection lives: no bytes are removed from the store meanwhile. Waits for
 * removals under way.
 */
export async function holdStoredBytes(client: ClientBase): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1::int, 0)', [STORED_BYTES]);
}

/** Whoever removes bytes asks first, and leaves them to a later round when the answer is no: a backup may take hours. */
export async function mayRemoveStoredBytes(tx: Sql): Promise<boolean> {
  const [row] = await tx.query<{ may: boolean }>(
    'SELECT pg_try_advisory_xact_lock_shared($1::int, 0) AS may',
    [STORED_BYTES],
  );
  return row?.may === true;
}

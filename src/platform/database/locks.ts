import type { ClientBase } from 'pg';
import type { Sql } from './database';

/**
 * Advisory locks, taken in this order: tenant plan, rollouts (ascending), releases (ascending), then rows (device, action, lanes, tallies,
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

/** Held by whoever changes a rollout: no offer of it is admitted meanwhile. */
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

export async function lockReleaseExclusive(tx: Sql, releaseId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1::int, $2::int)', [RELEASE, releaseId]);
}

/** What may fail, or be offered: of a release, on account of a rollout or of none. */
export interface Account {
  readonly rolloutId?: string | null | undefined;
  readonly releaseId: string;
}

/**
 * Held while failures are counted and judged. They may stop their rollouts, and they may withdraw their releases: what stops is offered
 * to nobody meanwhile, nor is what would be withdrawn, on whatever account.
 */
export async function lockFailures(tx: Sql, failures: readonly Account[]): Promise<void> {
  for (const id of ascending(failures.map((one) => one.rolloutId))) await lockRolloutExclusive(tx, id);
  for (const id of ascending(failures.map((one) => one.releaseId))) await lockReleaseExclusive(tx, id);
}

/** Held by an offer until it is admitted or fetched. The two locks are taken in one statement, from left to right. */
export async function lockOffer(tx: Sql, { rolloutId, releaseId }: Account): Promise<void> {
  if (rolloutId === undefined || rolloutId === null)
    await tx.query('SELECT pg_advisory_xact_lock_shared($1::int, $2::int)', [RELEASE, releaseId]);
  else
    await tx.query(
      'SELECT pg_advisory_xact_lock_shared($1::int, $2::int), pg_advisory_xact_lock_shared($3::int, $4::int)',
      [ROLLOUT, rolloutId, RELEASE, releaseId],
    );
}

function ascending(ids: readonly (string | null | undefined)[]): string[] {
  const known = ids.filter((id) => id !== null && id !== undefined);
  return [...new Set(known)].sort((a, b) => Number(a) - Number(b));
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

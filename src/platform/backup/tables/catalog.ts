import type { ClientBase } from 'pg';
import { BackupError } from '../backup.errors';

/** A table with its columns, in the order in which a copy of it has them. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A part of a table that is divided by time. */
export interface Partition {
  readonly parent: string;
  readonly name: string;
  /** In Postgres' words: `FOR VALUES FROM (…) TO (…)` or `DEFAULT`. */
  readonly bound: string;
}

/** A column that numbers its rows, and the last number that was given. */
export interface Identity {
  readonly table: string;
  readonly column: string;
  readonly last: string;
}

export const SCHEMA_TABLE = 'schema_migration';

/** Every table but that of the schema's versions; a partition is part of its parent. */
export async function listTables(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND c.relname <> $1
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      GROUP BY c.relname ORDER BY c.relname`,
    [SCHEMA_TABLE],
  );
  return rows;
}

export async function listPartitions(client: ClientBase): Promise<Partition[]> {
  const { rows } = await client.query<Partition>(
    `SELECT parent.relname AS parent, c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class parent ON parent.oid = i.inhparent
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relispartition AND c.relkind = 'r'
      ORDER BY 1, 2`,
  );
  return rows;
}

/** Sequences know nothing of snapshots: read them after the rows. */
export async function listIdentities(client: ClientBase): Promise<Identity[]> {
  const { rows } = await client.query<Identity>(
    `SELECT c.relname AS "table", a.attname AS "column", coalesce(s.last_value, 0)::text AS last
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       JOIN pg_sequences s ON format('%I.%I', s.schemaname, s.sequencename)::regclass
         = pg_get_serial_sequence(format('%I', c.relname), a.attname)::regclass
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND a.attidentity <> ''
      ORDER BY 1, 2`,
  );
  return rows;
}

/** The schema's versions that were applied, oldest first; none in a database that nobody set up. */
export async function listApplied(client: ClientBase): Promise<string[]> {
  const found = await client.query<{ name: string | null }>('SELECT to_regclass($1)::text AS name', [
    SCHEMA_TABLE,
  ]);
  if (found.rows[0]?.name == null) return [];
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${SCHEMA_TABLE} ORDER BY id`);
  return rows.map((row) => row.name);
}

/** The same tables, each after those that its rows refer to. */
export async function inOrderOfReference<T extends { readonly name: string }>(
  client: ClientBase,
  tables: readonly T[],
): Promise<T[]> {
  const { rows } = await client.query<{ from: string; to: string }>(
    `SELECT DISTINCT f.relname AS "from", t.relname AS "to"
       FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
      WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace AND f.oid <> t.oid`,
  );
  const ordered: T[] = [];
  const left = new Set(tables);
  while (left.size > 0) {
    const names = new Set([...left].map((table) => table.name));
    const next = [...left].filter(({ name }) => !rows.some((row) => row.from === name && names.has(row.to)));
    if (next.length === 0)
      throw new BackupError(`These tables refer to each other: ${[...names].join(', ')}.`);
    for (const table of next) left.delete(table);
    ordered.push(...next);
  }
  return ordered;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

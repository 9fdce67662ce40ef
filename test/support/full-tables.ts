import { createHash } from 'node:crypto';
import type { Client } from 'pg';

/** What a format of text has to escape. */
const NASTY_TEXT = 'tab\t line\n return\r \\N \\. \\t "quoted" \'single\' {a,b} (c) ü 𝄞 \u0001';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
}

/** Columns in which not everything may stand. Row 1 has a value everywhere, row 2 only where one is needed. */
const WISHES: Readonly<Record<string, readonly [unknown, unknown]>> = {
  'action.state': ['confirmed', 'offered'],
  'action.ended_by': ['device', null],
  'action.device_verdict': ['success', null],
  'action.is_exposed': [false, true],
  'action.failure_kind': ['device', null],
  'action_log.source': ['device', 'server'],
  'blob.fault': ['damaged', null],
  'device.mode': ['rollout', 'latest'],
  'device.set_client': ['rauc', null],
  'device.reported_client': ['esp', null],
  'device.approval': ['approved', 'waiting'],
  'rollout.state': ['running', 'draft'],
  'rollout.feed_id': [1, 2],
  'rollout.confirms': ['version', 'report'],
  'rollout.when_tripped': ['pause', 'abort'],
  'release.invalidation': ['soft', null],
  'module_type.key': ['os', 'app'],
  'tenant.key': ['ONE', 'TWO'],
  'tenant_settings.unknown_devices': ['admit', 'ask'],
  'tenant_settings.delivery': ['stream', 'redirect'],
  'tenant_settings.signature_demand': ['none', 'trusted'],
  'tenant_settings.signature_expiry': ['now', 'ignore'],
  'tenant_settings.opaque_files': ['allow', 'refuse'],
  'trust_anchor.kind': ['certificate', 'key'],
  'trust_anchor.purpose': ['codeSigning', 'any'],
};
const TYPED = ['time-forced', 'forced'] as const;
const ROLES = ['viewer', 'administrator'] as const;

const VALUES: Readonly<Record<string, (row: number, place: string) => unknown>> = {
  bigint: (row) => row,
  integer: (row) => row,
  boolean: (row) => row === 1,
  text: (row, place) => `${place} ${row} ${NASTY_TEXT}`,
  'text[]': (row) => (row === 1 ? ['', 'NULL', NASTY_TEXT, '{"a,b"}'] : []),
  jsonb: (row) =>
    row === 1 ? `{"n": 12345678901234567890.125, "t": ${JSON.stringify(NASTY_TEXT)}}` : 'null',
  bytea: (row) => Buffer.from([0, 9, 10, 13, 34, 92, 255, row]),
  'timestamp with time zone': (row) => `2026-0${row}-28 23:59:59.12345${row}+00`,
};

/** Puts two rows into every table, whatever types its columns have; row 2 refers to rows 2 only. */
export async function fillTables(client: Client): Promise<string[]> {
  const columns = await columnsOf(client);
  const tables = [...new Set(columns.map(({ table }) => table))];
  await client.query("SET session_replication_role = 'replica'");
  for (const table of tables)
    for (const row of [1, 2]) {
      const own = columns.filter((column) => column.table === table);
      const values = own.map((column) => valueOf(column, row));
      await client.query(
        `INSERT INTO ${table} (${own.map(({ name }) => name).join(', ')}) OVERRIDING SYSTEM VALUE
         VALUES (${values.map((_, index) => `$${index + 1}`).join(', ')})`,
        values,
      );
    }
  await client.query("SET session_replication_role = 'origin'");
  return tables;
}

function valueOf({ table, name, type, isNullable }: Column, row: number): unknown {
  const place = `${table}.${name}`;
  const wish = WISHES[place] ?? (name === 'type' ? typeWish(table) : name === 'role' ? ROLES : undefined);
  if (wish !== undefined) return wish[row - 1];
  if (row === 2 && isNullable) return null;
  if (/sha256|fingerprint/.test(name)) return createHash('sha256').update(String(row)).digest('hex');
  const value = VALUES[type];
  if (value === undefined)
    throw new Error(`${place} has the type ${type}, of which this test knows no value`);
  return value(row, place);
}

function typeWish(table: string): readonly [unknown, unknown] | undefined {
  return table === 'release_module' ? undefined : TYPED;
}

async function columnsOf(client: Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
            NOT a.attnotnull AS "isNullable"
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
        AND c.relname <> 'schema_migration' AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY c.relname, a.attnum`,
  );
  return rows;
}

/** Every row of the tables, and the partition that it is in, as Postgres writes it. */
export async function contentOf(
  client: Client,
  tables: readonly string[],
): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for (const table of tables) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT tableoid::regclass || ' ' || t::text AS row FROM ${table} t ORDER BY 1`,
    );
    content[table] = rows.map(({ row }) => row);
  }
  return content;
}

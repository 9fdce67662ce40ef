import { Client } from 'pg';
import { compilePredicate } from '../../src/platform/rsql/predicate';
import { printRsql } from '../../src/platform/rsql/print';
import { compileSql } from '../../src/platform/rsql/sql';
import type { RsqlComparison } from '../../src/platform/rsql/tree';
import { aThing, THINGS, type Thing } from '../support/a-thing';
import { NASTY_TEXTS } from '../support/nasty-texts';
import { createEmptyDatabase, dropDatabase } from '../support/test-database';

jest.setTimeout(60_000);

const NUMBERS = [0, -0, 0.1, 0.3, 7.5, -7.5, 999_999_999_999_999, 123_456_789.123_456_79, -1e-7];
const TIMES = ['2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z', '1969-12-31T23:59:59.999Z'];

let url: string;
let client: Client;
let things: { id: string; thing: Thing }[];

beforeAll(async () => {
  url = await createEmptyDatabase();
  client = new Client({ connectionString: url });
  await client.connect();
  // The strangest collation there is: what decides must be what the condition says.
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(collname) AS name FROM pg_collation WHERE collname IN
       ('pg_unicode_fast', 'und-x-icu', 'unicode', 'pg_c_utf8', 'ucs_basic', 'default')
      ORDER BY array_position(ARRAY['und-x-icu', 'unicode', 'pg_unicode_fast']::name[], collname) LIMIT 1`,
  );
  const collation = rows[0]?.name ?? '"default"';
  await client.query(
    `CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text COLLATE ${collation}, kind text,
       tags text[] COLLATE ${collation}, labels jsonb, size numeric, seen_at timestamptz, is_on boolean)`,
  );
  await insertAll();
  await readAll();
});
afterAll(async () => {
  await client.end();
  await dropDatabase(url);
});

async function insertAll(): Promise<void> {
  await insert({});
  for (const text of NASTY_TEXTS) {
    await insert({ name: text });
    await insert({ tags: [text] });
    await insert({ tags: ['other', text, 'lab'] });
    await insert({ labels: { Key: text } });
    await insert({ labels: { key: 'other', KEY: text, [text]: 'x' } });
  }
  for (const size of NUMBERS) await insert({ size });
  for (const time of TIMES) await insert({ seen_at: time.replace('Z', '499Z') });
  for (const on of [true, false]) await insert({ is_on: on });
}

async function insert(row: Record<string, unknown>): Promise<void> {
  await client.query(
    `INSERT INTO thing (name, kind, tags, labels, size, seen_at, is_on) VALUES ($1, 'small', $2, $3, $4, $5, $6)`,
    [
      row['name'] ?? null,
      row['tags'] ?? [],
      JSON.stringify(row['labels'] ?? {}),
      row['size'] ?? null,
      row['seen_at'] ?? null,
      row['is_on'] ?? null,
    ],
  );
}

interface Row {
  id: string;
  name: string | null;
  tags: string[];
  labels: Record<string, string>;
  size: string | null;
  seen_at: Date | null;
  is_on: boolean | null;
}

/** What the predicate is asked about is what the driver reads, as it is in the server. */
async function readAll(): Promise<void> {
  const { rows } = await client.query<Row>('SELECT * FROM thing');
  things = rows.map((row) => ({
    id: row.id,
    thing: aThing({
      name: row.name ?? undefined,
      tags: row.tags,
      labels: row.labels,
      size: row.size === null ? undefined : Number(row.size),
      seenAt: row.seen_at ?? undefined,
      isOn: row.is_on ?? undefined,
    }),
  }));
}

/** The first few that SQL finds and the predicate does not, or the other way round. */
async function differences(comparisons: readonly RsqlComparison[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const comparison of comparisons) {
    const { text, values } = compileSql(comparison, THINGS, 1);
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM thing t WHERE ${text}`, [...values]);
    const inSql = new Set(rows.map(({ id }) => id));
    const matches = compilePredicate(comparison, THINGS);
    for (const { id, thing } of things) {
      if (found.length < 5 && inSql.has(id) !== matches(thing))
        found.push([printRsql(comparison), inSql.has(id) ? 'in SQL alone' : 'in memory alone', thing]);
    }
  }
  return found;
}

function everyComparison(field: string, values: readonly string[], isText: boolean): RsqlComparison[] {
  const places = { field, fieldAt: 1, valueAt: 1 };
  return [true, false].flatMap((isNegated) => [
    { ...places, kind: 'absent' as const, isNegated },
    {
      ...places,
      kind: 'list' as const,
      isNegated,
      values: values.filter((_value, index) => index % 3 === 0),
    },
    ...values.flatMap((value) => [
      { ...places, kind: 'match' as const, isNegated, segments: [value] },
      ...(isText ? wildcards(value) : []).map((segments) => ({
        ...places,
        kind: 'match' as const,
        isNegated,
        segments,
      })),
    ]),
  ]);
}

function wildcards(value: string): string[][] {
  return [
    [value, ''],
    ['', value],
    ['', value, ''],
    [value, value, value],
    ['a', value],
    [value, 'b'],
  ];
}

function everyOrder(field: string, values: readonly string[]): RsqlComparison[] {
  const places = { field, fieldAt: 1, valueAt: 1 };
  return values.flatMap((value) =>
    (['<', '<=', '>', '>='] as const).map((operator) => ({
      ...places,
      kind: 'order' as const,
      operator,
      value,
    })),
  );
}

describe('SQL and predicate agree', () => {
  it.each(['name', 'tag', 'label.key'])('on every comparison of %s with every text', async (field) => {
    const comparisons = [...everyComparison(field, NASTY_TEXTS, true), ...everyOrder(field, NASTY_TEXTS)];
    expect(await differences(comparisons)).toEqual([]);
  });

  it('on every key', async () => {
    const keys = NASTY_TEXTS.filter((text) => text !== '').map((text) => `label.${text}`);
    const comparisons = keys.flatMap((field) => everyComparison(field, ['x', ''], false));
    expect(await differences(comparisons)).toEqual([]);
  });

  it('on numbers, instants and flags', async () => {
    const numbers = NUMBERS.map((one) => one.toFixed(9));
    const instants = [...TIMES, '0', '2026-11-21', '0001-01-01', '9999-12-31T23:59:59.999Z'];
    const comparisons = [
      ...everyComparison('size', numbers, false),
      ...everyOrder('size', numbers),
      ...everyComparison('seenAt', instants, false),
      ...everyOrder('seenAt', instants),
      ...everyComparison('on', ['true', 'false'], false),
    ];
    expect(await differences(comparisons)).toEqual([]);
  });
});

it('a condition is never null, so that it can stand under NOT', async () => {
  const comparisons = ['name', 'tag', 'label.key'].flatMap((field) =>
    everyComparison(field, ['a', ''], true),
  );
  for (const comparison of [...comparisons, ...everyOrder('name', ['a']), ...everyOrder('seenAt', ['0'])]) {
    const { text, values } = compileSql(comparison, THINGS, 1);
    const { rows } = await client.query(`SELECT id FROM thing t WHERE (${text}) IS NULL`, [...values]);
    expect(rows).toEqual([]);
  }
});

import fc from 'fast-check';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { deviceFilter, filterSubjectOf, type FilterSubject } from '../../src/modules/devices/device-filter';
import { DevicesRepository } from '../../src/modules/devices/devices.repository';
import { Database } from '../../src/platform/database/database';
import { LanePool } from '../../src/platform/database/lane-pool';
import { connectDataSource } from '../../src/platform/database/data-source';
import { printRsql } from '../../src/platform/rsql/print';
import { aFilter } from '../support/a-filter';
import { aDeviceComparison, insertRandomDevices } from '../support/random-devices';
import { createDatabase, dropDatabase } from '../support/test-database';

/** RSQL_RUNS=5000 for a thorough look; the few of every run find what is wrong for more than some odd text. */
const RUNS = Number(process.env['RSQL_RUNS'] ?? '150');
const DEVICES = 10_000;

jest.setTimeout(60_000 + RUNS * 400);

let url: string;
let client: Client;
let dataSource: DataSource;
let lanes: LanePool;
let subjects: { id: string; subject: FilterSubject }[];

beforeAll(async () => {
  url = await createDatabase();
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`INSERT INTO tenant (id, key) OVERRIDING SYSTEM VALUE VALUES (1, 'DEFAULT')`);
  await insertRandomDevices(client, DEVICES);
  await client.query('ANALYZE');
  dataSource = await connectDataSource(url);
  lanes = new LanePool(url);
  const page = { after: undefined, limit: DEVICES };
  const rows = await new DevicesRepository(new Database(dataSource, lanes)).list('1', page, {
    feed: undefined,
    filter: undefined,
  });
  subjects = rows.map((row) => ({ id: row.id, subject: filterSubjectOf(row) }));
});
afterAll(async () => {
  await client.end();
  await lanes.onApplicationShutdown();
  await dataSource.destroy();
  await dropDatabase(url);
});

async function idsInSql(text: string): Promise<Set<string>> {
  const condition = deviceFilter(text).sql(2);
  const { rows } = await client.query<{ id: string }>(
    `SELECT d.id FROM device d JOIN feed f ON f.id = d.feed_id LEFT JOIN device_presence p ON p.device_id = d.id
      WHERE d.tenant_id = $1 AND ${condition.text}`,
    [1, ...condition.values],
  );
  return new Set(rows.map(({ id }) => id));
}

it('a filter finds the same devices of 10 000 in SQL and in memory', async () => {
  expect(subjects).toHaveLength(DEVICES);
  let telling = 0;
  await fc.assert(
    fc.asyncProperty(aFilter(aDeviceComparison).map(printRsql), async (text) => {
      const inSql = await idsInSql(text);
      const { matches } = deviceFilter(text);
      const odd = subjects.find(({ id, subject }) => matches(subject) !== inSql.has(id));
      expect(odd).toBeUndefined();
      if (inSql.size > 0 && inSql.size < DEVICES) telling += 1;
    }),
    { numRuns: RUNS },
  );
  // A generator whose filters find nothing or everything would prove nothing.
  expect(telling).toBeGreaterThan(RUNS / 2);
});

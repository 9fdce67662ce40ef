import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import {
  deviceFilter,
  filterSubjectOf,
  type FilterSubject,
} from '../../src/modules/devices/device/device-filter';
import { DevicesRepository } from '../../src/modules/devices/devices.repository';
import { Database } from '../../src/platform/database/database';
import { LanePool } from '../../src/platform/database/lane-pool';
import { connectDataSource } from '../../src/platform/database/data-source';
import { printRsql } from '../../src/platform/rsql/print';
import { aFilter } from '../support/a-filter';
import { aDeviceComparison, insertRandomDevices } from '../support/random-devices';
import { createDatabase, dropDatabase } from '../support/test-database';
import { holds, INVARIANTS, meet, RUNS } from './support/holds';

const DEVICES = 10_000;

jest.setTimeout(60_000);

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

describe(`B15 ${INVARIANTS.B15}`, () => {
  holds('B15', 'a filter finds the same devices of 10 000 in SQL and in memory', {
    of: aFilter(aDeviceComparison).map(printRsql),
    // A filter is one statement: cheaper than a history.
    runs: Math.max(RUNS, 150),
    faults: async (text) => {
      const inSql = await idsInSql(text);
      const { matches } = deviceFilter(text);
      if (inSql.size > 0 && inSql.size < DEVICES) meet('filters that tell devices apart');
      return subjects
        .filter(({ id, subject }) => matches(subject) !== inSql.has(id))
        .map(({ id }) => `${text} finds device ${id} in ${inSql.has(id) ? 'SQL' : 'memory'} only`)
        .slice(0, 3);
    },
    // A generator whose filters find nothing or everything would prove nothing.
    meets: ['filters that tell devices apart'],
  });
});

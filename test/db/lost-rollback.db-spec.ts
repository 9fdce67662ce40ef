import { DataSource, type DataSourceOptions } from 'typeorm';
import { connectionOptions, dataSourceOptions } from '../../src/platform/database/data-source';
import { Database } from '../../src/platform/database/database';
import { LanePool } from '../../src/platform/database/lane-pool';
import { NetworkLink } from '../e2e/support/network-link';
import { createDatabase, dropDatabase } from '../support/test-database';

const SILENCE_MS = 300;

/** As in production but for the time-outs: a shorter silence, and a server that has not ended the transaction itself. */
function impatient(url: string): DataSourceOptions {
  const options = dataSourceOptions(url, 1);
  const extra = {
    ...connectionOptions(1),
    query_timeout: SILENCE_MS,
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  };
  return { ...options, extra };
}

describe('a transaction that Postgres no longer answers', () => {
  let url: string;
  let link: NetworkLink;
  let dataSource: DataSource;
  let lanes: LanePool;
  let database: Database;

  beforeEach(async () => {
    url = await createDatabase();
    link = await NetworkLink.to(url);
    dataSource = await new DataSource(impatient(link.through)).initialize();
    lanes = new LanePool(url);
    database = new Database(dataSource, lanes);
    await database.execute('CREATE TABLE entry (word text)');
  });
  afterEach(async () => {
    link.flow();
    await dataSource.destroy();
    await lanes.onApplicationShutdown();
    await link.close();
    await dropDatabase(url);
  });

  it('is not committed by the next one when Postgres speaks again', async () => {
    const half = database.transaction(async (tx) => {
      await tx.execute(`INSERT INTO entry VALUES ('half')`);
      link.stall();
      await tx.execute(`INSERT INTO entry VALUES ('other half')`);
    });
    await expect(half).rejects.toThrow('Query read timeout');
    link.flow();
    await database.transaction((tx) => tx.execute(`INSERT INTO entry VALUES ('next')`));
    expect(await database.query('SELECT word FROM entry')).toEqual([{ word: 'next' }]);
  });

  it('is not what a later statement runs in', async () => {
    const half = database.transaction(async (tx) => {
      await tx.execute(`INSERT INTO entry VALUES ('half')`);
      link.stall();
      await tx.execute('SELECT 1 / 0');
    });
    await expect(half).rejects.toThrow('Query read timeout');
    link.flow();
    await database.execute(`INSERT INTO entry VALUES ('next')`);
    expect(await database.query('SELECT word FROM entry')).toEqual([{ word: 'next' }]);
  });
});

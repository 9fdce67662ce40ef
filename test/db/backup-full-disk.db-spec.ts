import { Client } from 'pg';
import { createDatabase, dropDatabase } from '../support/test-database';
import { Shelf } from '../support/a-backup';

/** The disk of the backup; the database has another one. */
jest.mock('../../src/platform/storage/durable-files', () => ({
  ...jest.requireActual<object>('../../src/platform/storage/durable-files'),
  writeFully: () =>
    Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })),
}));

describe('a backup onto a disk that is full', () => {
  const shelf = new Shelf();
  let url: string;

  beforeAll(async () => {
    url = await createDatabase();
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE aaa AS SELECT gen_random_uuid() AS id FROM generate_series(1, 100000)');
    await client.end();
  });
  afterAll(async () => {
    await dropDatabase(url);
    await shelf.clear();
  });

  it('ends, and says just that', async () => {
    await expect(shelf.backup(url)).rejects.toThrow('ENOSPC: no space left on device');
  });
});

import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** A fleet moves to this server: devices that it has never seen come in, many at once and some of them twice. */
describe('first contact', () => {
  let rookery: TestRookery;
  let replica: TestRookery;

  beforeAll(async () => {
    rookery = await startRookery();
    replica = await startRookery({ replicaOf: rookery });
  });
  afterAll(async () => {
    await replica.close();
    await rookery.close();
  });

  it('makes each device once, with its presence and its event, whichever replica it asks', async () => {
    const fleet = new Fleet(rookery);
    const ids = Array.from({ length: 120 }, (_unused, index) => `new-${index}`);
    const polls = ids.flatMap((id) => {
      const device = fleet.device(id);
      return [device.poll(), device.at(replica.url).poll(), device.poll()];
    });
    for (const { _links } of await Promise.all(polls))
      expect(Object.keys(_links ?? {})).toEqual(['configData']);
    const [counted] = await rookery.database.query(
      `SELECT (SELECT count(*)::int FROM device WHERE controller_id LIKE 'new-%') AS devices,
              (SELECT count(*)::int FROM device_presence p JOIN device d ON d.id = p.device_id
                WHERE d.controller_id LIKE 'new-%') AS presences,
              (SELECT count(*)::int FROM event WHERE kind = 'device.registered' AND subject LIKE 'device:new-%') AS events,
              (SELECT min(actor) FROM event WHERE subject = 'device:new-7') AS actor`,
    );
    expect(counted).toEqual({ devices: 120, presences: 120, events: 120, actor: 'device:new-7' });
  });

  it('leaves a device that an operator has registered as it is', async () => {
    const fleet = new Fleet(rookery);
    await fleet.device('known').poll();
    await rookery.database.execute(`UPDATE device SET name = 'kept' WHERE controller_id = 'known'`);
    await fleet.device('known').poll();
    const rows = await rookery.database.query(`SELECT name FROM device WHERE controller_id = 'known'`);
    expect(rows).toEqual([{ name: 'kept' }]);
  });

  it('finds each device by its name although Postgres believes that there are hardly any', async () => {
    const fleet = new Fleet(rookery);
    await rookery.database.execute(
      `INSERT INTO device (tenant_id, controller_id, feed_id, created_by)
       SELECT 1, 'many-' || n, (SELECT id FROM feed WHERE is_default), 'test' FROM generate_series(1, 3000) AS n`,
    );
    const before = await readByIndex();
    for (let n = 1; n <= 40; n += 1) await fleet.device(`many-${n}`).poll();
    const read = await eventually(async () => {
      const { scans, rows } = await readByIndex();
      return scans - before.scans >= 40
        ? { scans: scans - before.scans, rows: rows - before.rows }
        : undefined;
    });
    expect(read.rows / read.scans).toBeLessThan(10);
  });

  async function readByIndex(): Promise<{ scans: number; rows: number }> {
    const [row] = await rookery.database.query<{ scans: number; rows: number }>(
      `SELECT idx_scan::int AS scans, idx_tup_fetch::int AS rows FROM pg_stat_user_tables WHERE relname = 'device'`,
    );
    return row ?? { scans: 0, rows: 0 };
  }

  /** Backends report what they read up to a second late. */
  async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const seen = await look();
      if (seen !== undefined) return seen;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});

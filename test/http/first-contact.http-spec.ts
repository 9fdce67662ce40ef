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
});

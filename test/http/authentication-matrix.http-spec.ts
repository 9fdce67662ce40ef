import { PresenceService } from '../../src/modules/devices/presence.service';
import { FleetService } from '../../src/modules/updates/orders/fleet.service';
import { Fleet } from '../support/fleet';
import { Line } from '../support/matrix/line';
import { ROUTES, type Ids, type Route } from '../support/matrix/routes';
import type { Subject } from '../support/matrix/subject';
import { makeSubjects } from '../support/matrix/subjects';
import { closeServers, makeTenants, startServers, type Servers } from '../support/matrix/world';

jest.setTimeout(120_000);

/** Every method of authentication in every condition, on every path of DDI: nobody gets in who does not belong. */
describe('the matrix of authentication', () => {
  let servers: Servers;
  let subjects: Subject[];
  let ids: Map<string, Ids>;

  beforeAll(async () => {
    servers = await startServers();
    const tenants = await makeTenants(servers);
    subjects = await makeSubjects(tenants);
    ids = await assignToAll(subjects.filter(({ tenant }) => tenant === 'DEFAULT'));
    const { home } = tenants;
    for (const { controllerId, standing } of subjects) {
      if (standing === 'waiting') await home.age(controllerId, `approval = 'waiting'`);
      if (standing !== 'refused') continue;
      await home.rookery.app.get(FleetService).change(home.actor, controllerId, { approval: 'refused' });
    }
  });
  afterAll(async () => closeServers(servers));

  it('lets no stranger in, tells none what there is, and changes nothing for them', async () => {
    const outside = subjects.filter(({ standing }) => standing === 'stranger' || standing === 'refused');
    expect(outside.length).toBeGreaterThan(60);
    const before = await everyRow();
    const odd = (await Promise.all(outside.map(faultsOf))).flat();
    expect(odd).toEqual([]);
    expect(await everyRow()).toEqual(before);
  });

  it('lets a device that waits be seen, and shows it nothing', async () => {
    const waiting = subjects.filter(({ standing }) => standing === 'waiting');
    expect(waiting).toHaveLength(6);
    expect((await Promise.all(waiting.map(faultsOf))).flat()).toEqual([]);
  });

  it('lets everybody in who belongs', async () => {
    const inside = subjects.filter(({ standing }) => standing === 'in');
    expect(inside).toHaveLength(7);
    expect((await Promise.all(inside.map(faultsOf))).flat()).toEqual([]);
  });

  /** Each device has an action, so that there is something to be hidden from others. */
  async function assignToAll(here: Subject[]): Promise<Map<string, Ids>> {
    const fleet = new Fleet(servers.current);
    const release = await fleet.release('1.0', { compatibility: '*' });
    const [module] = (await fleet.releases.get('1', release)).modules;
    const there = await servers.current.database.query<{ controllerId: string }>(
      'SELECT controller_id AS "controllerId" FROM device WHERE tenant_id = 1',
    );
    const known = new Set(there.map(({ controllerId }) => controllerId));
    const devices = [...new Set(here.map(({ controllerId }) => controllerId))].filter((one) =>
      known.has(one),
    );
    const answer = await fetch(`${servers.current.url}/api/v1/assignments`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${servers.current.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ release, devices }),
    });
    const { actions } = (await answer.json()) as { actions: { id: string; controllerId: string }[] };
    const file = module?.artifacts[0]?.fileName ?? '';
    return new Map(
      actions.map(({ id, controllerId }) => [controllerId, { action: id, module: module?.id ?? '', file }]),
    );
  }

  async function faultsOf(subject: Subject): Promise<string[]> {
    const faults: string[] = [];
    const line = new Line(subject, servers[subject.server]);
    for (const route of ROUTES) {
      const fault = await faultOf(subject, route, line);
      if (fault !== undefined)
        faults.push(`${subject.name}: ${route.method} ${route.path || '(poll)'} ${fault}`);
    }
    line.close();
    return faults;
  }

  async function faultOf(subject: Subject, route: Route, line: Line): Promise<string | undefined> {
    const { controllerId, standing } = subject;
    // Strangers ask for what others have.
    const own = ids.get(controllerId) ?? ids.get('t-valid') ?? { action: '1', module: '1', file: 'x' };
    const answer = await line.ask(route, own);
    const { body } = answer;
    const expected = route.expected[standing];
    if (answer.status !== expected) return `was ${answer.status}, not ${expected}: ${body.slice(0, 80)}`;
    if (standing !== 'stranger' && standing !== 'refused') return undefined;
    const isBare = body === '' && answer.contentLength === '0';
    return isBare ? undefined : `has a body: ${body.slice(0, 80)}`;
  }

  /** A digest of each table. That a gateway token was used is true, whomever it was used for. */
  async function everyRow(): Promise<Record<string, unknown>[]> {
    const { database } = servers.current;
    for (const { app } of [servers.current, servers.legacy, servers.direct])
      await app.get(PresenceService).flush();
    const tables = await database.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    const digests = tables.map(
      ({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows,
        md5(coalesce(string_agg(r.text, '|' ORDER BY r.text), '')) AS digest
        FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS text FROM "${name}" t) r`,
    );
    return database.query(`${digests.join(' UNION ALL ')} ORDER BY name`);
  }
});

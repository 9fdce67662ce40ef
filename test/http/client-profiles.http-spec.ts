import { DEFAULT_TERMS, type ActionTerms } from '../../src/modules/actions/action/action';
import { ExplainService } from '../../src/modules/updates/explain/explain.service';
import { AssignmentsService } from '../../src/modules/updates/orders/assignments.service';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** As the clients send them. */
const SWUPDATE = { 'User-Agent': 'libcurl-agent/1.0', charsets: 'utf-8' };
const RAUC = { 'User-Agent': 'rauc-hawkbit-updater' };

/** What runs on a device decides what it is offered. */
describe('client profiles', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  async function adopted(): Promise<DdiDevice> {
    return fleet.registered(`client-${(next += 1)}`);
  }

  async function offeredTo(device: DdiDevice, headers: object): Promise<boolean> {
    const answer = await device.request('GET', '', { headers });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { _links?: Record<string, unknown> };
    return body._links?.['deploymentBase'] !== undefined;
  }

  async function sleepOf(device: DdiDevice, headers: object): Promise<string> {
    const body = (await (await device.request('GET', '', { headers })).json()) as {
      config: { polling: { sleep: string } };
    };
    return body.config.polling.sleep;
  }

  async function assign(device: DdiDevice, releaseId: string, terms: Partial<ActionTerms>): Promise<void> {
    await rookery.app.get(AssignmentsService).assign(fleet.actor, {
      releaseId,
      controllerIds: [device.controllerId],
      terms: { ...DEFAULT_TERMS, ...terms },
      isInstalled: false,
    });
  }

  const api = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${rookery.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${rookery.token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  };

  it('are recognised at the first contact, and again when the device changes its client', async () => {
    const device = fleet.device('first-contact');
    await device.request('GET', '', { headers: SWUPDATE });
    expect(await api('GET', '/devices/first-contact')).toMatchObject({
      client: { kind: 'swupdate', isSet: false },
    });
    await device.request('GET', '', { headers: { 'User-Agent': 'curl/8.5.0' } });
    expect(await api('GET', '/devices/first-contact')).toMatchObject({ client: { kind: 'swupdate' } });
    await device.request('GET', '', { headers: RAUC });
    expect(await api('GET', '/devices/first-contact')).toMatchObject({ client: { kind: 'rauc' } });
    const events = await rookery.database.query(
      `SELECT detail FROM event WHERE tenant_id = 1 AND subject = 'device:first-contact' AND kind = 'device.recognised'`,
    );
    expect(events).toEqual([{ detail: { client: 'rauc' } }]);
  });

  it('are recognised from configData for clients that send no User-Agent', async () => {
    const device = fleet.device('rust-1');
    await device.poll();
    const body = JSON.stringify({ mode: null, data: { board: 'my-board' } });
    expect((await device.request('PUT', '/configData', { body })).status).toBe(200);
    expect(await api('GET', '/devices/rust-1')).toMatchObject({ client: { kind: 'hawkbit-rs' } });
  });

  it('can be set by hand, against what is recognised, and filtered by', async () => {
    const { controllerId } = await adopted();
    const path = `/devices/${controllerId}`;
    expect(await api('PATCH', path, { client: 'zephyr' })).toMatchObject({
      status: 200,
      client: { kind: 'zephyr', isSet: true },
    });
    await fleet.device(controllerId).request('GET', '', { headers: RAUC });
    expect(await api('GET', path)).toMatchObject({ client: { kind: 'zephyr', isSet: true } });
    expect(await api('GET', '/devices?q=client==zephyr')).toMatchObject({ items: [{ controllerId }] });
    expect(await api('PATCH', path, { client: null })).toMatchObject({
      client: { kind: 'rauc', isSet: false },
    });
    expect(await api('PATCH', path, { client: 'mender' })).toMatchObject({ status: 400 });
  });

  it('keep a release from a device that cannot install it; explain says so, and a poll of another kind gets it', async () => {
    const device = await adopted();
    await assign(device, await fleet.release(`${(next += 1)}.0`), {});
    expect(await offeredTo(device, SWUPDATE)).toBe(false);
    const { decision, trace } = await rookery.app
      .get(ExplainService)
      .explain(fleet.actor, device.controllerId);
    expect(decision).toEqual({ kind: 'nothing', reason: 'unfit-client' });
    expect(trace.at(-1)).toMatchObject({
      rule: 4,
      text: 'The client (swupdate) installs .swu files only, and this release has none.',
    });
    expect(await offeredTo(device, RAUC)).toBe(true);
  });

  it('decide by what the files are', async () => {
    const device = await adopted();
    await assign(device, await fleet.release(`${(next += 1)}.0`, { fileName: 'Update.SWU' }), {});
    expect(await offeredTo(device, SWUPDATE)).toBe(true);
  });

  it('keep an update from SWUpdate outside its window, link and deployment alike, and call it back in time', async () => {
    const device = await adopted();
    const opensAt = new Date(Date.now() + 20 * 60_000);
    const schedule = `${opensAt.getUTCSeconds()} ${opensAt.getUTCMinutes()} ${opensAt.getUTCHours()} * * ?`;
    const window = { schedule, durationMs: 60_000, timezone: '+00:00' };
    await assign(device, await fleet.release(`${(next += 1)}.0`, { fileName: 'a.swu' }), { window });
    const actionId = (await device.offered())!;
    expect(await offeredTo(device, SWUPDATE)).toBe(false);
    expect((await device.request('GET', `/deploymentBase/${actionId}`, { headers: SWUPDATE })).status).toBe(
      404,
    );
    expect(await sleepOf(device, SWUPDATE)).toBe('00:05:00');
    expect(await fleet.stateOf(actionId)).toBe('offered');
    expect(await offeredTo(device, RAUC)).toBe(true);
    const shown = await device.request('GET', `/deploymentBase/${actionId}`, { headers: RAUC });
    expect(await shown.json()).toMatchObject({
      deployment: { update: 'skip', maintenanceWindow: 'unavailable' },
    });
  });

  it('keep a fetched update from SWUpdate too once its window is closed, and take its report all the same', async () => {
    const device = await adopted();
    const opened = new Date(Date.now() - 60_000);
    const schedule = `${opened.getUTCSeconds()} ${opened.getUTCMinutes()} ${opened.getUTCHours()} * * ?`;
    const window = { schedule, durationMs: 3_600_000, timezone: '+00:00' };
    await assign(device, await fleet.release(`${(next += 1)}.0`, { fileName: 'a.swu' }), { window });
    const actionId = (await device.offered())!;
    expect(await offeredTo(device, SWUPDATE)).toBe(true);
    expect((await device.deployment(actionId)).status).toBe(200);
    await rookery.database.query(
      'UPDATE action SET window_duration_ms = 1000 WHERE tenant_id = 1 AND id = $1',
      [actionId],
    );
    expect(await offeredTo(device, SWUPDATE)).toBe(false);
    expect((await device.deployment(actionId)).status).toBe(404);
    expect((await device.feedback(actionId, 'proceeding')).status).toBe(200);
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
  });

  it('count an update whose report never came when the device says that it runs the release', async () => {
    const device = await adopted();
    const version = `${(next += 1)}.0`;
    await assign(device, await fleet.release(version, { fileName: 'a.swu' }), {});
    const actionId = (await device.offered())!;
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    await device.configData({ sw_version: version });
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
    expect((await device.feedback(actionId, 'proceeding')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
    expect(await device.offered()).toBeUndefined();
  });
});

import { request as httpRequest } from 'node:http';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Reports that come in together are written together: each of them as if it had come alone. */
describe('reports that come in together', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
    await fleet.rollout(await fleet.release('1.0'));
  });
  afterAll(() => rookery.close());

  /** A device that is at work on its update. */
  async function working(): Promise<{ device: DdiDevice; actionId: string }> {
    const device = await fleet.registered(`together-${(next += 1)}`);
    const actionId = (await device.offered()) ?? '';
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    return { device, actionId };
  }

  const messagesOf = async (actionId: string): Promise<string[]> =>
    (await fleet.actions.log(fleet.actor, actionId, 0, 1000)).flatMap((entry) => entry.messages);

  it('are all in the logs of their own actions, numbered without gaps', async () => {
    const devices = await Promise.all(Array.from({ length: 30 }, working));
    const answers = await Promise.all(
      devices.map(({ device, actionId }) =>
        device.feedback(actionId, 'proceeding', 'none', [
          `of ${device.controllerId}`,
          'a "quoted" \\ {word}, NULL',
        ]),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(devices.map(() => 200));
    for (const { device, actionId } of devices) {
      const log = await fleet.actions.log(fleet.actor, actionId, 0, 100);
      expect(log.map((entry) => entry.seq)).toEqual(log.map((_entry, index) => index + 1));
      expect(log.at(-1)?.messages).toEqual([`of ${device.controllerId}`, 'a "quoted" \\ {word}, NULL']);
    }
  });

  it('keep their number when they are of one action', async () => {
    const { device, actionId } = await working();
    const words = Array.from({ length: 25 }, (_unused, index) => `word ${index}`);
    await Promise.all(words.map((word) => device.feedback(actionId, 'proceeding', 'none', [word])));
    const log = await fleet.actions.log(fleet.actor, actionId, 0, 100);
    expect(log.map((entry) => entry.seq)).toEqual(log.map((_entry, index) => index + 1));
    expect((await messagesOf(actionId)).filter((message) => message.startsWith('word')).sort()).toEqual(
      [...words].sort(),
    );
  });

  it('are not kept from their log by one whose log is full', async () => {
    const [full, other] = [await working(), await working()];
    await rookery.database.execute('UPDATE action SET log_count = 1000 WHERE id = $1', [full.actionId]);
    const answers = await Promise.all(
      [full, other].map(({ device, actionId }) => device.feedback(actionId, 'proceeding', 'none', ['last'])),
    );
    expect(answers.map((answer) => answer.status)).toEqual([429, 200]);
    expect(await messagesOf(full.actionId)).not.toContain('last');
    expect(await messagesOf(other.actionId)).toContain('last');
  });

  it('see an end that another transaction commits while they wait for it', async () => {
    const [ending, other] = [await working(), await working()];
    const reports = await rookery.database.transaction(async (tx) => {
      await tx.execute(
        `UPDATE action SET state = 'cancelled', is_exposed = false, ended_by = 'server', ended_at = now() WHERE id = $1`,
        [ending.actionId],
      );
      const sent = [ending, other].map(({ device, actionId }) =>
        device.feedback(actionId, 'proceeding', 'none', ['while it ended']),
      );
      await untilBlocked();
      return { sent };
    });
    expect((await Promise.all(reports.sent)).map((answer) => answer.status)).toEqual([200, 200]);
    expect(await fleet.stateOf(ending.actionId)).toBe('cancelled');
    expect(await messagesOf(ending.actionId)).toContain('while it ended');
    expect(await messagesOf(other.actionId)).toContain('while it ended');
  });

  /** The batch has read the actions as they were and waits for a row that somebody else holds. */
  async function untilBlocked(): Promise<void> {
    for (;;) {
      const [row] = await rookery.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (row !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('refuses a body that is too large, and says so before it ends', async () => {
    const { device, actionId } = await working();
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(`${device.url}/deploymentBase/${actionId}/feedback`, {
        method: 'POST',
        headers: {
          Authorization: `GatewayToken ${rookery.gatewayToken}`,
          'Content-Type': 'application/json',
          'Content-Length': 10 * 2 ** 20,
        },
      });
      request.on('response', (response) => resolve(response.statusCode ?? 0)).on('error', reject);
      request.write('x'.repeat(300_000));
    });
    expect(status).toBe(413);
  });

  it.each([
    ['an unknown device', 'never-seen', 404],
    ['a name that is too long', 'x'.repeat(257), 400],
  ])('answers %s with %i', async (_what, controllerId, status) => {
    expect((await fleet.device(controllerId).feedback('1', 'proceeding')).status).toBe(status);
  });

  it('answers a stranger with 401 and no body', async () => {
    const { device, actionId } = await working();
    const answer = await device.request('POST', `/deploymentBase/${actionId}/feedback`, {
      body: '{}',
      headers: { Authorization: 'GatewayToken wrong' },
    });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toBe('');
  });
});

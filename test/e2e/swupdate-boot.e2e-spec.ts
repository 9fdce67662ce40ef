import { eventually } from './support/eventually';
import { resetDevice } from './support/installed-image';
import { Management, type ActionView } from './support/management';
import { Operator } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { SwupdateDevice } from './support/swupdate-device';

jest.setTimeout(240_000);

/** What the real client shows after its restart, where a rollout wants to see the version. */
describe('swupdate, when the version has to be shown', () => {
  let server: RookeryProcess;
  let management: Management;
  let operator: Operator;

  beforeAll(async () => {
    server = await RookeryProcess.start();
    management = new Management(server.url, server.token);
    operator = new Operator(management);
  });

  afterAll(() => server.discard());

  /** Installs 1.0 on a device that runs 0.9; `restart` is what comes then. */
  async function update(
    controllerId: string,
    restart: (swupdate: SwupdateDevice) => Promise<void>,
  ): Promise<ActionView> {
    await resetDevice();
    const { url: serverUrl, gatewayToken } = server;
    const swupdate = new SwupdateDevice({ serverUrl, controllerId, gatewayToken });
    try {
      await swupdate.start();
      await operator.adopt(controllerId);
      const release = await operator.release(controllerId, ['basic-1.0.swu']);
      const rollout = await operator.start(controllerId, release, { confirms: 'version' });
      await swupdate.waitForInstalled();
      await restart(swupdate);
      await operator.untilEnded(controllerId, rollout);
      return await operator.actionOf(controllerId, rollout);
    } finally {
      await swupdate.stop();
    }
  }

  it('counts once it comes up with the new version', async () => {
    const action = await update('boots', (swupdate) => swupdate.reboot());
    expect(action).toMatchObject({ state: 'confirmed', deviceVerdict: 'success', awaitsVersion: true });
  });

  it('is rolled back, although it says that it succeeded, when it comes up with the version from before', async () => {
    const action = await update('falls-back', async (swupdate) => {
      await resetDevice();
      await swupdate.restart({ updateState: 'installed' });
    });
    expect(action).toMatchObject({
      state: 'failed',
      failureKind: 'rolled-back',
      deviceVerdict: 'success',
      endedBy: 'server',
    });
    await eventually(async () => {
      expect(await management.device('falls-back')).toMatchObject({ installedVersion: '0.9' });
    });
  });
});

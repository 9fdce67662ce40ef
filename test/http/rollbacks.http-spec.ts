import { PopulationRepository } from '../../src/modules/rollouts/plan/population.repository';
import { PlansService } from '../../src/modules/rollouts/plan/plans.service';
import type { DdiDevice } from '../support/ddi-device';
import { RolloutDesk } from '../support/rollout-desk';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** The way back of devices that an aborted rollout has updated. */
describe('a rollback', () => {
  let rookery: TestRookery;
  let desk: RolloutDesk;
  beforeAll(async () => {
    rookery = await startRookery();
    desk = new RolloutDesk(rookery);
  });
  afterAll(() => rookery.close());

  interface Scene {
    readonly device: DdiDevice;
    readonly back: string;
    readonly releaseId: string;
  }

  /** A device that went from 1.0 to 2.0 by a rollout which was then aborted, with its way back to `releaseId`. */
  async function scene(confirms: 'version' | 'report' = 'version'): Promise<Scene> {
    const board = desk.aName();
    const feed = await desk.feed();
    const release = (version: string): Promise<string> =>
      desk.fleet.release(version, { name: board, compatibility: `${board}:*` });
    const device = await desk.device(feed);
    await device.configData({ board, sw_version: '0.9' });
    const first = await desk.running({ feed, releaseId: await release('1.0'), confirms });
    await updated(device, '1.0');
    const bad = await desk.running({ feed, releaseId: await release('2.0'), confirms });
    await updated(device, '2.0');
    await desk.tell(first.id, 'close').expect(200);
    const { body } = await desk.tell(bad.id, 'abort', { rollback: true }).expect(200);
    return { device, back: (body.rollback.rolloutIds as string[])[0] ?? '', releaseId: first.releaseId };
  }

  async function updated(device: DdiDevice, version: string): Promise<void> {
    await device.update();
    await device.configData({ sw_version: version });
  }

  const meant = async (id: string): Promise<number> =>
    (await desk.api.post(`/rollouts/${id}/preview`).expect(200)).body.devices as number;
  const hasRemaining = async (id: string): Promise<boolean> => {
    const rollout = (await rookery.app.get(PlansService).current('1')).rollouts.get(id);
    return rookery.app.get(PopulationRepository).hasRemaining('1', rollout!);
  };

  it('brings a device back that still runs what the aborted rollout brought', async () => {
    const { device, back, releaseId } = await scene();
    expect([await meant(back), await hasRemaining(back)]).toEqual([1, true]);
    const action = await desk.fleet.actions.get(desk.fleet.actor, (await device.offered()) ?? '');
    expect(action).toMatchObject({ releaseId, rolloutId: back });
    await device.update();
    await device.configData({ sw_version: '1.0' });
    expect((await desk.get(back)).devices).toEqual({ confirmed: 1 });
    expect(await device.offered()).toBeUndefined();
  });

  it.each(['2.1', '0.8', 'bench-build'])(
    'leaves a device alone that says that it runs %s since',
    async (version) => {
      const { device, back } = await scene();
      await device.configData({ sw_version: version });
      expect(await device.offered()).toBeUndefined();
      expect([await meant(back), await hasRemaining(back)]).toEqual([0, false]);
    },
  );

  it('means a device again that came to the bad version once more, however it writes it', async () => {
    const { device, back } = await scene('report');
    await device.configData({ sw_version: '1.0' });
    expect(await device.offered()).toBeUndefined();
    await device.configData({ sw_version: '2.0.0' });
    expect(await meant(back)).toBe(1);
    expect(await device.offered()).toBeDefined();
  });

  it('takes back its offer to a device that was flashed meanwhile', async () => {
    const { device } = await scene();
    const offered = (await device.offered()) ?? '';
    await device.configData({ sw_version: '2.1' });
    expect((await device.deployment(offered)).status).toBe(404);
    expect(await desk.fleet.stateOf(offered)).toBe('withdrawn');
  });
});

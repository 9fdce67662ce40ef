import { aDemoModel } from '../../../../test/support/a-demo-model';
import { tallyOf } from './tally';

const rollout = (admitted: number, devices: Readonly<Record<string, number>>) => ({
  rollout: { id: '1', state: 'running', admitted, devices },
});

describe('the tally of a rollout', () => {
  it('has only registered devices waiting before the rollout', () => {
    expect(tallyOf(aDemoModel({ registered: 12 }))).toMatchObject({
      groups: { waiting: 12, confirmed: 0 },
      total: 300,
      percent: 0,
    });
  });

  it('puts every state of an action into one group', () => {
    const devices = {
      ...{ queued: 1, 'awaiting-confirmation': 1, offered: 1, retrieved: 1 },
      ...{ downloading: 1, downloaded: 1, installing: 1, installed: 1, cancelling: 1 },
      ...{ confirmed: 1, failed: 1, cancelled: 1, 'timed-out': 1, lapsed: 1, withdrawn: 1 },
    };
    const tally = tallyOf({ devices: 20, registered: 20, ...rollout(15, devices) });
    expect(tally).toMatchObject({
      groups: { waiting: 5, offered: 4, downloading: 1, installing: 3, confirmed: 1, failed: 1, other: 5 },
      ended: 5,
      inFlight: 9,
      percent: 25,
    });
    expect(Object.values(tally.groups).reduce((sum, count) => sum + count)).toBe(20);
  });

  it('knows no 100 per cent before the last one is done', () => {
    const percentAt = (confirmed: number) =>
      tallyOf({ devices: 1000, registered: 1000, ...rollout(1000, { confirmed }) }).percent;
    expect([999, 1000].map(percentAt)).toEqual([99, 100]);
  });

  it('counts a device that came along from elsewhere', () => {
    const tally = tallyOf({ devices: 2, registered: 2, ...rollout(3, { confirmed: 3 }) });
    expect(tally).toMatchObject({ total: 3, percent: 100, groups: { waiting: 0 } });
  });
});

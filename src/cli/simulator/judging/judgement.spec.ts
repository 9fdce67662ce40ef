import type { ShownAction, ShownEntry } from './history';
import { countFromHistory, judgeAction, judgeUnheard, judgeVersion } from './judgement';
import { Oracle, type ActionTruth, type DeviceTruth } from './oracle';

const ID = 'sim-1';
const shownAs = (state: string, more: Partial<ShownAction> = {}): ShownAction => ({
  ...{
    id: '5',
    controllerId: ID,
    releaseId: '1',
    state,
    hasProof: true,
    isCorrected: false,
    retrievedAt: 'then',
  },
  ...more,
});
const logOf = (...statuses: string[]): ShownEntry[] =>
  statuses.map((status) => ({ source: status.startsWith('cancel') ? 'server' : 'device', status }));

describe('the oracle', () => {
  let oracle: Oracle;
  let truth: ActionTruth;
  beforeEach(() => {
    oracle = new Oracle();
    truth = oracle.action(ID, { actionId: '5', version: '2.0', faults: [] });
    truth.isFetched = true;
  });

  const report = (status: string, answer: number, on: 'deployment' | 'cancel' = 'deployment'): void => {
    const [execution, finished] = status.split('/') as ['closed', 'success' | undefined];
    const sent = oracle.sent(truth, on, { execution, finished: finished ?? 'none' });
    oracle.answered(ID, truth, sent, answer);
  };
  const faults = (shown: ShownAction | undefined, ...log: string[]): string[] =>
    judgeAction(truth, shown, logOf(...log));

  it('agrees when the acknowledged reports are in the log and in the state', () => {
    report('proceeding', 200);
    report('closed/success', 200);
    expect(faults(shownAs('confirmed'), 'proceeding', 'closed/success')).toEqual([]);
  });

  it('misses an acknowledged report, and sees one that stands out of order', () => {
    report('proceeding', 200);
    report('closed/failure', 200);
    expect(faults(shownAs('failed'), 'proceeding')[0]).toMatch(/acknowledged, but is not in the log/);
    expect(faults(shownAs('failed'), 'closed/failure', 'proceeding')[0]).toMatch(/not in the log where/);
  });

  it('sees a report that was counted twice', () => {
    report('closed/failure', 200);
    expect(faults(shownAs('failed'), 'closed/failure', 'closed/failure')).toEqual([
      'closed/failure is in the log 2 times, but was sent 1 times',
    ]);
  });

  it('sees an outcome that the device never reported, or reported otherwise', () => {
    report('proceeding', 200);
    expect(faults(shownAs('confirmed'), 'proceeding')[0]).toMatch(/^is confirmed, but/);
    report('closed/failure', 200);
    expect(faults(shownAs('confirmed'), 'proceeding', 'closed/failure')[0]).toMatch(/leads to failed$/);
    expect(faults(undefined)).toHaveLength(1);
  });

  it('takes either when the answer to the last word was lost', () => {
    report('proceeding', 200);
    report('closed/success', 0);
    expect(faults(shownAs('confirmed'), 'proceeding', 'closed/success')).toEqual([]);
    expect(faults(shownAs('installing'), 'proceeding')).toEqual([]);
    expect(faults(shownAs('failed'), 'proceeding')).toHaveLength(1);
  });

  it('takes either when the device was told to come back, perhaps after the commit', () => {
    report('closed/success', 429);
    expect(faults(shownAs('confirmed'), 'closed/success')).toEqual([]);
    expect(faults(shownAs('downloading'))).toEqual([]);
    report('closed/success', 200);
    expect(faults(shownAs('confirmed'), 'closed/success', 'closed/success')).toEqual([]);
    expect(faults(shownAs('downloading'))).not.toEqual([]);
  });

  it('does not count on a report that was refused', () => {
    report('closed/failure', 200);
    report('proceeding', 410);
    expect(faults(shownAs('failed'), 'closed/failure')).toEqual([]);
    expect(faults(shownAs('failed'), 'closed/failure', 'proceeding')).toHaveLength(1);
  });

  it('calls a success without proof a lapse, with proof never', () => {
    report('closed/success', 200);
    expect(faults(shownAs('lapsed'), 'closed/success')).toEqual([]);
    truth.hasProof = true;
    expect(faults(shownAs('lapsed'), 'closed/success')).toHaveLength(1);
  });

  it('takes a cancel that the device acknowledged for the end', () => {
    report('closed/success', 200, 'cancel');
    expect(faults(shownAs('cancelled'), 'cancelling', 'closed/success')).toEqual([]);
    expect(faults(shownAs('cancelling'), 'cancelling', 'closed/success')).toHaveLength(1);
  });

  it('lets the server end what the device never finished, but not by a success', () => {
    expect(faults(shownAs('timed-out', { endedBy: 'server' }))).toEqual([]);
    expect(faults(shownAs('confirmed', { endedBy: 'server' }))).toHaveLength(1);
    expect(judgeUnheard(shownAs('withdrawn'))).toEqual([]);
    expect(judgeUnheard(shownAs('failed'))).toHaveLength(1);
  });

  it('lets the server confirm what the device runs by this action or another one of the release', () => {
    const confirmed = shownAs('confirmed', { endedBy: 'server' });
    const other = oracle.action(ID, { actionId: '4', version: '2.0', faults: [] });
    expect([judgeUnheard(confirmed, [other]), judgeAction(truth, confirmed, [], [other])]).toEqual([
      [expect.stringContaining('never heard of it')],
      [expect.stringContaining('is confirmed')],
    ]);
    other.installs = 1;
    expect([judgeUnheard(confirmed, [other]), judgeAction(truth, confirmed, [], [other])]).toEqual([[], []]);
    expect(judgeUnheard(shownAs('confirmed', { endedBy: 'device' }), [other])).toHaveLength(1);
    other.isRolledBack = true;
    expect(judgeUnheard(confirmed, [other])).toHaveLength(1);
    truth.installs = 1;
    expect(faults(confirmed)).toEqual([]);
  });

  describe('on versions', () => {
    const device = (): DeviceTruth => oracle.device(ID);
    const shown = (installedVersion?: string, isVersionReported = true): string[] =>
      judgeVersion(device(), {
        ...{ controllerId: ID, isVersionReported },
        ...(installedVersion === undefined ? {} : { installedVersion }),
      });

    it('insists on the version that the device reported last', () => {
      oracle.attributesSent(ID, '1.0', 200);
      expect(shown('1.0')).toEqual([]);
      expect(shown('2.0')).toHaveLength(1);
      expect(shown()).toHaveLength(1);
      expect(shown('1.0', false)).toHaveLength(1);
    });

    it('takes the version of a success that was acknowledged since', () => {
      oracle.attributesSent(ID, '1.0', 200);
      report('closed/success', 200);
      expect(shown('2.0', false)).toEqual([]);
      oracle.attributesSent(ID, '2.0', 200);
      expect(shown('1.0')).toHaveLength(1);
    });

    it('asks for nothing that was never acknowledged', () => {
      expect(shown()).toEqual([]);
      oracle.attributesSent(ID, '1.0', 0);
      expect(shown()).toEqual([]);
      expect(shown('1.0')).toEqual([]);
    });
  });

  it('counts devices by their latest action in a rollout', () => {
    const histories = [
      [shownAs('confirmed', { rolloutId: '1' }), shownAs('failed', { rolloutId: '1' })],
      [shownAs('failed', { rolloutId: '1' })],
      [shownAs('failed', { rolloutId: '2' })],
    ];
    expect(countFromHistory('1', histories)).toEqual({ confirmed: 1, failed: 1 });
  });
});

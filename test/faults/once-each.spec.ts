import type { ActionTruth, DeviceTruth, SentReport } from '../../src/cli/simulator/judging/oracle';
import { goingOnAfter } from './commit-times';
import { judgeInstalls } from './once-each';
import { faultsOf, type Sample } from './rollout-watch';

const report = (status: string, answer = 200): SentReport => ({ on: 'deployment', status, answer });

function anAction(actionId: string, more: Partial<ActionTruth> = {}): ActionTruth {
  return {
    ...{ actionId, version: '2.0.0', faults: [], reports: [report('closed/success')] },
    ...{ isFetched: true, hasProof: true, installs: 1, isRolledBack: false },
    ...more,
  };
}

function aDevice(...actions: ActionTruth[]): DeviceTruth {
  return {
    ...{ controllerId: 'sim-1', runs: '2.0.0' },
    told: { attributes: '2.0.0', since: new Set(), isCertain: true },
    actions: new Map(actions.map((action) => [action.actionId, action])),
  };
}

const GIVEN_UP = { installs: 0, reports: [report('closed/failure')] };

describe('the devices’ own books', () => {
  it('are in order when each installed once in one action', () => {
    const one = aDevice(anAction('1'));
    expect(judgeInstalls([one])).toEqual({ faults: [], repeated: 0, givenUp: [] });
  });

  it.each<[string, ActionTruth[], string[]]>([
    ['two actions', [anAction('1'), anAction('2', { installs: 0 })], ['sim-1 fetched 2 actions']],
    ['none', [], ['sim-1 fetched 0 actions', 'sim-1 installed 0 times']],
    [
      'an action each for two installs',
      [anAction('1'), anAction('2')],
      ['sim-1 fetched 2 actions', 'sim-1 installed 2 times'],
    ],
    [
      'two installs though every report was answered',
      [anAction('1', { installs: 2 })],
      ['sim-1 installed 2 times'],
    ],
    [
      'more installs than reports without an answer',
      [anAction('1', { installs: 3, reports: [report('closed/success', 0), report('closed/success')] })],
      ['sim-1 installed 3 times'],
    ],
    [
      'an unheard report in one action and an install in another',
      [anAction('1', { reports: [report('closed/success', 0)] }), anAction('2')],
      ['sim-1 fetched 2 actions', 'sim-1 installed 2 times'],
    ],
  ])('cry at %s', (_what, actions, faults) => {
    expect(judgeInstalls([aDevice(...actions)]).faults).toEqual(faults);
  });

  it('forgive what was installed again since nobody had heard that it was', () => {
    const reports = [report('closed/success', 0), report('closed/success')];
    expect(judgeInstalls([aDevice(anAction('1', { installs: 2, reports }))])).toMatchObject({
      faults: [],
      repeated: 1,
    });
  });

  it('forgive another action after one that the device gave up', () => {
    const device = aDevice(anAction('1', GIVEN_UP), anAction('2'));
    expect(judgeInstalls([device])).toMatchObject({ faults: [], givenUp: ['1'] });
  });
});

describe('a look at a rollout', () => {
  const SOUND: Sample = { state: 'running', confirmed: 5, inFlight: 4, open: 4, doubles: 0, wrongTallies: 0 };

  it.each<[Partial<Sample>, string[]]>([
    [{}, []],
    [{ doubles: 1 }, ['1 devices have two open actions']],
    [{ wrongTallies: 2 }, ['2 counters differ from the places of the devices']],
    [{ open: 5 }, ['4 slots are taken by 5 open actions']],
    [{ inFlight: 5, open: 5 }, ['5 devices are under way, of 4 that may be']],
  ])('that shows %j says %j', (change, faults) => {
    expect(faultsOf({ ...SOUND, ...change }, 4)).toEqual(faults);
  });
});

describe('how a rollout went on', () => {
  it('is measured from the moment to what was committed first, and between one and the next', () => {
    const times = { admissions: [80, 95, 130, 190, 400], confirmations: [99] };
    expect(goingOnAfter(times, 100, 100)).toEqual({
      admittedAfterMs: 30,
      confirmedAfterMs: Number.POSITIVE_INFINITY,
      longestAdmissionGapMs: 60,
      longestConfirmationGapMs: 100,
      admissions: { before: 2, after: 2 },
      confirmations: { before: 1, after: 0 },
    });
  });
});

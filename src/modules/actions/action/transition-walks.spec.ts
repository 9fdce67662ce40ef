import fc from 'fast-check';
import { anActionStatus } from '../../../../test/support/a-action-status';
import { ACTION_EVENTS, ACTION_STATES, isEnded, isUnretrieved } from './action';
import type { ActionEvent, ActionState, ActionStatus } from './action';
import { expiryOf } from './deadline';
import { isProof, transition, type Step } from './transition';

const VERDICTS: Partial<Record<ActionEvent, 'success' | 'failure'>> = { succeed: 'success', fail: 'failure' };

/** What one event leaves of an action, as it is stored: proof, verdict, the end and where a cancel came from. */
function after(action: ActionStatus, event: ActionEvent): { action: ActionStatus; step: Step } {
  const step = transition(action, event);
  const hasProof = action.hasProof || isProof(action, event);
  if (step.kind === 'refuse' || step.kind === 'gone') return { action, step };
  const deviceVerdict = action.deviceVerdict ?? VERDICTS[event];
  if (step.kind === 'stay') return { action: { ...action, hasProof, deviceVerdict }, step };
  const stored = {
    type: action.type,
    needsConfirmation: action.needsConfirmation,
    awaitsVersion: action.awaitsVersion,
    state: step.to,
    hasProof,
    cancelFrom: step.to === 'cancelling' ? action.state : action.cancelFrom,
    endedBy: action.endedBy ?? (step.kind === 'move' ? step.endedBy : undefined),
    deviceVerdict,
    isCorrected: action.isCorrected || step.kind === 'correct',
  };
  return { step, action: stored };
}

function walk(events: readonly ActionEvent[], from: ActionStatus = anActionStatus()): ActionStatus {
  return events.reduce((action, event) => after(action, event).action, from);
}

describe('reports that come too late', () => {
  const cancelled = walk(['retrieve', 'request-cancel', 'acknowledge-cancel']);

  it('prove nothing: what SWUpdate had left in its log, then its "Skipped Update."', () => {
    expect(walk(['progress', 'succeed'], cancelled).state).toBe('cancelled');
  });

  it('become a success all the same when the device then reports the version', () => {
    const end = walk(['succeed', 'prove'], cancelled);
    expect(end).toMatchObject({ state: 'confirmed', isCorrected: true });
    expect(walk(['prove'], end)).toEqual(end);
  });
});

describe('an update that goes well', () => {
  it('is confirmed after SWUpdate fetched, downloaded and reported progress and success', () => {
    const end = walk(['retrieve', 'begin-download', 'progress', 'progress', 'remark', 'succeed']);
    expect(end).toMatchObject({ state: 'confirmed', endedBy: 'device', deviceVerdict: 'success' });
  });

  it('is confirmed when Zephyr goes from its download straight to closed', () => {
    expect(walk(['retrieve', 'begin-download', 'succeed']).state).toBe('confirmed');
  });

  it('passes downloaded and installing when a client names them', () => {
    expect(walk(['retrieve', 'begin-download', 'finish-download']).state).toBe('downloaded');
    expect(walk(['retrieve', 'begin-download', 'finish-download', 'progress']).state).toBe('installing');
  });

  it('is confirmed when the version was reported before the success', () => {
    expect(walk(['retrieve', 'prove', 'succeed']).state).toBe('confirmed');
  });
});

describe('success without proof', () => {
  const credited = walk(['retrieve', 'succeed']);

  it('lapses: SWUpdate credits whatever is on offer after its restart', () => {
    expect(credited).toMatchObject({ state: 'lapsed', endedBy: 'device', deviceVerdict: 'success' });
  });

  it('is corrected once the version is reported', () => {
    expect(walk(['prove'], credited)).toMatchObject({ state: 'confirmed', isCorrected: true });
  });

  it('is not corrected a second time', () => {
    const confirmed = walk(['prove'], credited);
    for (const event of ACTION_EVENTS) expect(walk([event], confirmed).state).toBe('confirmed');
  });
});

describe('cancelling', () => {
  it('takes "Skipped Update." for the answer to the cancel, not for a success', () => {
    const skipped = walk(['retrieve', 'begin-download', 'request-cancel', 'skip']);
    expect(skipped).toMatchObject({ state: 'cancelled', endedBy: 'cancel', deviceVerdict: undefined });
    expect(walk(['skip', 'skip'], skipped)).toEqual(skipped);
  });

  it('gives no proof to reports that arrive meanwhile', () => {
    const end = walk(['retrieve', 'request-cancel', 'begin-download', 'progress', 'prove', 'succeed']);
    expect(end).toMatchObject({ state: 'cancelled', hasProof: false });
  });

  it('lets a device that was at work finish: it may ignore the cancel', () => {
    expect(walk(['retrieve', 'finish-download', 'request-cancel', 'succeed']).state).toBe('confirmed');
    // Neither RAUC's updater nor Zephyr ever says that a download is complete.
    expect(walk(['retrieve', 'begin-download', 'request-cancel', 'succeed']).state).toBe('confirmed');
    // What had not begun is not done; the version may prove otherwise.
    const unsure = walk(['retrieve', 'request-cancel', 'succeed']);
    expect([unsure.state, walk(['prove'], unsure).state]).toEqual(['cancelled', 'confirmed']);
  });

  it('takes a failure for the aborted download, and does not blame the release', () => {
    expect(walk(['retrieve', 'progress', 'request-cancel', 'fail'])).toMatchObject({
      state: 'cancelled',
      endedBy: 'device',
    });
  });

  it('stays neutral when the failure of the aborted download comes after the acknowledgement', () => {
    const cancelled = walk(['retrieve', 'progress', 'request-cancel', 'acknowledge-cancel']);
    expect(cancelled).toMatchObject({ state: 'cancelled', endedBy: 'cancel' });
    const told: ActionStatus = { ...cancelled, deviceVerdict: 'failure' };
    expect(after(cancelled, 'fail')).toEqual({ step: { kind: 'stay' }, action: told });
  });

  it('is corrected when the device acknowledged, and installed all the same', () => {
    const cancelled = walk(['retrieve', 'progress', 'request-cancel', 'acknowledge-cancel']);
    expect(walk(['succeed'], cancelled)).toMatchObject({ state: 'confirmed', isCorrected: true });
  });

  it('takes the acknowledgement again, as often as the device repeats it', () => {
    const cancelled = walk(['retrieve', 'request-cancel', 'acknowledge-cancel']);
    expect(after(cancelled, 'acknowledge-cancel').step.kind).toBe('stay');
  });

  it('goes on where it was when the device refuses', () => {
    const refused = walk(['retrieve', 'begin-download', 'request-cancel', 'refuse-cancel']);
    expect(refused.state).toBe('downloading');
    expect(walk(['succeed'], refused).state).toBe('confirmed');
  });

  it('ends at once by force, and later reports of the device are still taken', () => {
    const forced = walk(['retrieve', 'progress', 'request-cancel', 'force-cancel']);
    expect(forced).toMatchObject({ state: 'cancelled', endedBy: 'server' });
    for (const event of ['retrieve', 'begin-download', 'progress', 'remark'] as const)
      expect(after(forced, event).step.kind).toBe('stay');
    expect(walk(['succeed', 'fail'], forced)).toMatchObject({ state: 'confirmed', isCorrected: true });
    expect(walk(['fail', 'succeed'], forced)).toMatchObject({ state: 'failed', isCorrected: true });
  });
});

describe('after the device ended it', () => {
  const failed = walk(['retrieve', 'progress', 'fail']);

  it('takes the identical report again', () => {
    expect(after(failed, 'fail')).toEqual({ step: { kind: 'stay' }, action: failed });
  });

  it('answers a contradiction and everything else with gone', () => {
    for (const event of ['succeed', 'progress', 'remark', 'begin-download', 'retrieve'] as const)
      expect(after(failed, event).step.kind).toBe('gone');
  });
});

describe('an offer that was taken back', () => {
  it('leaves no failure, whatever the device says of it later', () => {
    const withdrawn = walk(['withdraw']);
    expect(withdrawn).toMatchObject({ state: 'withdrawn', endedBy: 'server' });
    expect(walk(['fail', 'succeed', 'progress'], withdrawn).state).toBe('withdrawn');
  });

  it('can no longer be taken back once it was fetched', () => {
    expect(after(walk(['retrieve']), 'withdraw').step.kind).toBe('refuse');
  });
});

describe('isProof', () => {
  const PROVING: readonly ActionEvent[] = ['begin-download', 'finish-download', 'progress', 'prove'];

  it.each(ACTION_EVENTS)('%s', (event) => {
    for (const state of ACTION_STATES) {
      const isOver = isEnded(state);
      const expected = isOver ? event === 'prove' : state !== 'cancelling' && PROVING.includes(event);
      expect([state, isProof(anActionStatus({ state }), event)]).toEqual([state, expected]);
    }
  });
});

describe('the states', () => {
  it.each([
    ['queued', true, false],
    ['awaiting-confirmation', true, false],
    ['offered', true, false],
    ['retrieved', false, false],
    ['downloading', false, false],
    ['downloaded', false, false],
    ['installing', false, false],
    ['installed', false, false],
    ['cancelling', false, false],
    ['confirmed', false, true],
    ['failed', false, true],
    ['cancelled', false, true],
    ['timed-out', false, true],
    ['lapsed', false, true],
    ['withdrawn', false, true],
  ] satisfies [ActionState, boolean, boolean][])(
    '%s: unretrieved %s, ended %s',
    (state, unretrieved, ended) => {
      expect(isUnretrieved(state)).toBe(unretrieved);
      expect(isEnded(state)).toBe(ended);
    },
  );
});

describe('any history', () => {
  const history = fc.array(fc.constantFrom(...ACTION_EVENTS), { maxLength: 30 });
  const start = fc.record({
    state: fc.constantFrom<ActionState>('queued', 'awaiting-confirmation', 'offered'),
    awaitsVersion: fc.boolean(),
    needsConfirmation: fc.boolean(),
    type: fc.constantFrom<ActionStatus['type']>('forced', 'download-only'),
  });

  it('leaves the state after an end at most once, by the one correction', () => {
    fc.assert(
      fc.property(start, history, (status, events) => {
        let action = anActionStatus(status);
        let changesAfterEnd = 0;
        for (const event of events) {
          const next = after(action, event);
          if (isEnded(action.state) && next.action.state !== action.state) {
            changesAfterEnd += 1;
            expect(next.step.kind).toBe('correct');
          }
          action = next.action;
        }
        expect(changesAfterEnd).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });

  it('is confirmed only with a success of the device and proof, or with the version reported', () => {
    fc.assert(
      fc.property(start, history, (status, events) => {
        const end = walk(events, anActionStatus(status));
        if (end.state === 'confirmed') expect(end.hasProof).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('is confirmed only with the version where that has to be shown', () => {
    fc.assert(
      fc.property(start, history, (status, events) => {
        const awaiting = anActionStatus({ ...status, type: 'forced', awaitsVersion: true });
        const end = walk(
          events.filter((event) => event !== 'prove'),
          awaiting,
        );
        expect(end.state).not.toBe('confirmed');
      }),
      { numRuns: 3000 },
    );
  });

  it('ends by its deadlines alone, however it came where it is', () => {
    fc.assert(
      fc.property(start, history, (status, events) => {
        const reached = walk(events, anActionStatus(status));
        const expiry = expiryOf(reached.state);
        const end = expiry === undefined ? reached : walk([expiry], reached);
        expect(isEnded(end.state)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('names a kind of failure exactly when it fails', () => {
    fc.assert(
      fc.property(start, history, (status, events) => {
        let action = anActionStatus(status);
        for (const event of events) {
          const next = after(action, event);
          if (next.step.kind === 'move' || next.step.kind === 'correct') {
            const isFailure = next.step.to === 'failed' || next.step.to === 'timed-out';
            expect(next.step.failureKind !== undefined).toBe(isFailure);
          }
          action = next.action;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('names who ended it exactly when it ended', () => {
    fc.assert(
      fc.property(start, history, (status, events) => {
        const end = walk(events, anActionStatus(status));
        expect(end.endedBy !== undefined).toBe(isEnded(end.state));
      }),
      { numRuns: 3000 },
    );
  });
});

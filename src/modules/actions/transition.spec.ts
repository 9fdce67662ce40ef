import { anActionStatus } from '../../../test/support/a-action-status';
import { ACTION_EVENTS, ACTION_STATES, ENDED_STATES } from './action';
import type { ActionEvent, ActionState, ActionStatus, EndedBy, FailureKind } from './action';
import { transition, type Step } from './transition';

type EndedState = (typeof ENDED_STATES)[number];
type OpenState = Exclude<ActionState, EndedState>;

/** `cancelled by server` is a move with its end, `corrected to failed` the one correction; in brackets the kind of a failure. */
function inWords(step: Step): string {
  switch (step.kind) {
    case 'move':
      return step.endedBy === undefined ? step.to : `${step.to} by ${step.endedBy}${kindOf(step)}`;
    case 'correct':
      return `corrected to ${step.to}${kindOf(step)}`;
    default:
      return step.kind;
  }
}

function kindOf({ failureKind }: { failureKind?: FailureKind }): string {
  return failureKind === undefined ? '' : ` (${failureKind})`;
}

const NO_DEADLINE = {
  disprove: 'refuse',
  'time-out': 'refuse',
  lapse: 'refuse',
  'expire-cancel': 'refuse',
} as const;
const UNFETCHED = { ...NO_DEADLINE, lapse: 'lapsed by server' } as const;
const AT_WORK = { ...NO_DEADLINE, 'time-out': 'timed-out by server (timed-out)' } as const;

const REPORTED_WHILE_QUEUED = {
  retrieve: 'refuse',
  'begin-download': 'refuse',
  'finish-download': 'refuse',
  progress: 'refuse',
  remark: 'refuse',
  succeed: 'refuse',
  skip: 'refuse',
  fail: 'refuse',
  prove: 'refuse',
} as const;

/** What becomes of an open action that has no proof yet; a refused cancel goes back to downloading. */
const WITHOUT_PROOF: Readonly<Record<OpenState, Readonly<Record<ActionEvent, string>>>> = {
  queued: {
    ...UNFETCHED,
    ...REPORTED_WHILE_QUEUED,
    'request-cancel': 'cancelled by server',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'withdrawn by server',
    expose: 'offered',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'refuse',
  },
  'awaiting-confirmation': {
    ...UNFETCHED,
    ...REPORTED_WHILE_QUEUED,
    'request-cancel': 'cancelling',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'withdrawn by server',
    expose: 'refuse',
    yield: 'queued',
    confirm: 'offered',
    deny: 'stay',
  },
  offered: {
    ...UNFETCHED,
    retrieve: 'retrieved',
    'begin-download': 'downloading',
    'finish-download': 'downloaded',
    progress: 'downloading',
    remark: 'stay',
    succeed: 'lapsed by device',
    skip: 'lapsed by device',
    fail: 'failed by device (rejected)',
    prove: 'stay',
    'request-cancel': 'cancelling',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'withdrawn by server',
    expose: 'refuse',
    yield: 'queued',
    confirm: 'refuse',
    deny: 'awaiting-confirmation',
  },
  retrieved: {
    ...AT_WORK,
    retrieve: 'stay',
    'begin-download': 'downloading',
    'finish-download': 'downloaded',
    progress: 'downloading',
    remark: 'stay',
    succeed: 'lapsed by device',
    skip: 'lapsed by device',
    fail: 'failed by device (rejected)',
    prove: 'confirmed by server',
    'request-cancel': 'cancelling',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'refuse',
    expose: 'refuse',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'awaiting-confirmation',
  },
  downloading: {
    ...AT_WORK,
    retrieve: 'stay',
    'begin-download': 'stay',
    'finish-download': 'downloaded',
    progress: 'stay',
    remark: 'stay',
    succeed: 'lapsed by device',
    skip: 'lapsed by device',
    fail: 'failed by device (device)',
    prove: 'confirmed by server',
    'request-cancel': 'cancelling',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'refuse',
    expose: 'refuse',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'awaiting-confirmation',
  },
  downloaded: {
    ...AT_WORK,
    retrieve: 'stay',
    'begin-download': 'stay',
    'finish-download': 'stay',
    progress: 'installing',
    remark: 'stay',
    succeed: 'lapsed by device',
    skip: 'lapsed by device',
    fail: 'failed by device (device)',
    prove: 'confirmed by server',
    'request-cancel': 'cancelling',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'refuse',
    expose: 'refuse',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'awaiting-confirmation',
  },
  installing: {
    ...AT_WORK,
    retrieve: 'stay',
    'begin-download': 'stay',
    'finish-download': 'stay',
    progress: 'stay',
    remark: 'stay',
    succeed: 'lapsed by device',
    skip: 'lapsed by device',
    fail: 'failed by device (device)',
    prove: 'confirmed by server',
    'request-cancel': 'cancelling',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'refuse',
    expose: 'refuse',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'awaiting-confirmation',
  },
  installed: {
    ...NO_DEADLINE,
    disprove: 'failed by server (rolled-back)',
    retrieve: 'stay',
    'begin-download': 'stay',
    'finish-download': 'stay',
    progress: 'stay',
    remark: 'stay',
    succeed: 'stay',
    skip: 'stay',
    fail: 'failed by device (rolled-back)',
    prove: 'confirmed by device',
    'request-cancel': 'cancelled by server',
    'acknowledge-cancel': 'refuse',
    'refuse-cancel': 'refuse',
    'force-cancel': 'cancelled by server',
    withdraw: 'refuse',
    expose: 'refuse',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'refuse',
  },
  cancelling: {
    ...NO_DEADLINE,
    'expire-cancel': 'cancelled by server',
    retrieve: 'stay',
    'begin-download': 'stay',
    'finish-download': 'stay',
    progress: 'stay',
    remark: 'stay',
    succeed: 'cancelled by device',
    skip: 'cancelled by cancel',
    fail: 'cancelled by device',
    prove: 'stay',
    'request-cancel': 'stay',
    'acknowledge-cancel': 'cancelled by cancel',
    'refuse-cancel': 'downloading',
    'force-cancel': 'cancelled by server',
    withdraw: 'refuse',
    expose: 'refuse',
    yield: 'refuse',
    confirm: 'refuse',
    deny: 'refuse',
  },
};

/** What proof changes beside: the device has begun. */
const FAILURE_WITH_PROOF: Partial<Record<OpenState, string>> = {
  offered: 'failed by device (device)',
  retrieved: 'failed by device (device)',
};

/** The cells that proof changes. */
const SUCCESS_WITH_PROOF: Readonly<Record<OpenState, string>> = {
  queued: 'refuse',
  'awaiting-confirmation': 'refuse',
  offered: 'confirmed by device',
  retrieved: 'confirmed by device',
  downloading: 'confirmed by device',
  downloaded: 'confirmed by device',
  installing: 'confirmed by device',
  installed: 'stay',
  cancelling: 'confirmed by device',
};

/** After the end, whoever brought it about. */
const AFTER_END: Readonly<
  Record<Exclude<ActionEvent, 'succeed' | 'fail' | 'prove' | 'disprove'>, Record<EndedBy, string>>
> = {
  retrieve: { device: 'gone', server: 'stay', cancel: 'stay' },
  'begin-download': { device: 'gone', server: 'stay', cancel: 'stay' },
  'finish-download': { device: 'gone', server: 'stay', cancel: 'stay' },
  progress: { device: 'gone', server: 'stay', cancel: 'stay' },
  remark: { device: 'gone', server: 'stay', cancel: 'stay' },
  skip: { device: 'stay', server: 'stay', cancel: 'stay' },
  'request-cancel': { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  'acknowledge-cancel': { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  'refuse-cancel': { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  'force-cancel': { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  withdraw: { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  expose: { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  yield: { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  confirm: { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  deny: { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  'time-out': { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  lapse: { device: 'refuse', server: 'refuse', cancel: 'refuse' },
  'expire-cancel': { device: 'refuse', server: 'refuse', cancel: 'refuse' },
};

/**
 * Verdicts after the end; a lapsed action is as a withdrawn one. "prove" is refused once the end is confirmed, and corrects
 * what timed out whatever was said. Who is to show the version is not believed before.
 */
const LATE_VERDICTS = `
  ended by | verdict | proof | corrected | succeed                | fail                | fail, withdrawn | prove
  device   | none    | no    | no        | gone                   | gone                | gone            | refuse
  device   | none    | no    | yes       | gone                   | gone                | gone            | refuse
  device   | none    | yes   | no        | gone                   | gone                | gone            | refuse
  device   | none    | yes   | yes       | gone                   | gone                | gone            | refuse
  device   | success | no    | no        | stay                   | gone                | gone            | corrected to confirmed
  device   | success | no    | yes       | stay                   | gone                | gone            | refuse
  device   | success | yes   | no        | stay                   | gone                | gone            | corrected to confirmed
  device   | success | yes   | yes       | stay                   | gone                | gone            | refuse
  device   | failure | no    | no        | gone                   | stay                | stay            | refuse
  device   | failure | no    | yes       | gone                   | stay                | stay            | refuse
  device   | failure | yes   | no        | gone                   | stay                | stay            | refuse
  device   | failure | yes   | yes       | gone                   | stay                | stay            | refuse
  server   | none    | no    | no        | stay                   | corrected to failed (device) | stay            | refuse
  server   | none    | no    | yes       | stay                   | stay                | stay            | refuse
  server   | none    | yes   | no        | corrected to confirmed | corrected to failed (device) | stay            | refuse
  server   | none    | yes   | yes       | stay                   | stay                | stay            | refuse
  server   | success | no    | no        | stay                   | stay                | stay            | corrected to confirmed
  server   | success | no    | yes       | stay                   | stay                | stay            | refuse
  server   | success | yes   | no        | stay                   | stay                | stay            | corrected to confirmed
  server   | success | yes   | yes       | stay                   | stay                | stay            | refuse
  server   | failure | no    | no        | stay                   | stay                | stay            | refuse
  server   | failure | no    | yes       | stay                   | stay                | stay            | refuse
  server   | failure | yes   | no        | stay                   | stay                | stay            | refuse
  server   | failure | yes   | yes       | stay                   | stay                | stay            | refuse
  cancel   | none    | no    | no        | stay                   | stay                | stay            | refuse
  cancel   | none    | no    | yes       | stay                   | stay                | stay            | refuse
  cancel   | none    | yes   | no        | corrected to confirmed | stay                | stay            | refuse
  cancel   | none    | yes   | yes       | stay                   | stay                | stay            | refuse
  cancel   | success | no    | no        | stay                   | stay                | stay            | corrected to confirmed
  cancel   | success | no    | yes       | stay                   | stay                | stay            | refuse
  cancel   | success | yes   | no        | stay                   | stay                | stay            | corrected to confirmed
  cancel   | success | yes   | yes       | stay                   | stay                | stay            | refuse
  cancel   | failure | no    | no        | stay                   | stay                | stay            | refuse
  cancel   | failure | no    | yes       | stay                   | stay                | stay            | refuse
  cancel   | failure | yes   | no        | stay                   | stay                | stay            | refuse
  cancel   | failure | yes   | yes       | stay                   | stay                | stay            | refuse
`;

interface LateRow {
  readonly title: string;
  readonly status: Pick<ActionStatus, 'endedBy' | 'deviceVerdict' | 'hasProof' | 'isCorrected'>;
  readonly succeed: string;
  readonly fail: string;
  readonly failWithdrawn: string;
  readonly proveUnproven: string;
}

const LATE_ROWS: readonly LateRow[] = LATE_VERDICTS.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [endedBy, verdict, proof, corrected, ...expected] = line.split('|').map((cell) => cell.trim());
    return {
      title: `ended by ${endedBy}, verdict ${verdict}, proof ${proof}, corrected ${corrected}`,
      status: {
        endedBy: endedBy as EndedBy,
        deviceVerdict: verdict === 'none' ? undefined : (verdict as 'success' | 'failure'),
        hasProof: proof === 'yes',
        isCorrected: corrected === 'yes',
      },
      succeed: expected[0]!,
      fail: expected[1]!,
      failWithdrawn: expected[2]!,
      proveUnproven: expected[3]!,
    };
  });

const openCells = (Object.keys(WITHOUT_PROOF) as OpenState[]).flatMap((state) =>
  ACTION_EVENTS.map((event) => [state, event, WITHOUT_PROOF[state][event]] as const),
);

describe('transition of an open action', () => {
  it('has a row for every state that is no end', () => {
    expect([...Object.keys(WITHOUT_PROOF), ...ENDED_STATES].sort()).toEqual([...ACTION_STATES].sort());
  });

  it.each(openCells)('%s + %s without proof: %s', (state, event, expected) => {
    const action = anActionStatus({ state, cancelFrom: 'downloading' });
    expect(inWords(transition(action, event))).toBe(expected);
  });

  it.each(openCells)('%s + %s with proof differs in its verdicts only', (state, event, plain) => {
    const action = anActionStatus({ state, cancelFrom: 'downloading', hasProof: true });
    const changed = { succeed: SUCCESS_WITH_PROOF[state], fail: FAILURE_WITH_PROOF[state] };
    const expected = event === 'succeed' || event === 'fail' ? (changed[event] ?? plain) : plain;
    expect(inWords(transition(action, event))).toBe(expected);
  });

  it.each(openCells)('%s + %s of one that has to show its version: %s', (state, event, plain) => {
    const action = anActionStatus({ state, cancelFrom: 'downloading', hasProof: true, awaitsVersion: true });
    const changed = { succeed: SUCCESS_WITH_PROOF[state], fail: FAILURE_WITH_PROOF[state] };
    const proven = event === 'succeed' || event === 'fail' ? (changed[event] ?? plain) : plain;
    const isHeld = event === 'succeed' && proven === 'confirmed by device';
    expect(inWords(transition(action, event))).toBe(isHeld ? 'installed' : proven);
    const unproven = transition({ ...action, hasProof: false }, event);
    expect(inWords(unproven)).toBe(plain);
  });

  it.each(['awaiting-confirmation', 'offered', 'retrieved', 'downloading'] as const)(
    'goes back to %s when a cancel asked for there is refused',
    (cancelFrom) => {
      const step = transition(anActionStatus({ state: 'cancelling', cancelFrom }), 'refuse-cancel');
      expect(step).toEqual({ kind: 'move', to: cancelFrom });
    },
  );

  it.each(['downloaded', 'installing', 'installed'] as const)(
    'is a success while cancelling when it was %s before: only what installed can say so',
    (cancelFrom) => {
      const step = transition(anActionStatus({ state: 'cancelling', cancelFrom, hasProof: true }), 'succeed');
      expect(step).toEqual({ kind: 'move', to: 'confirmed', endedBy: 'device' });
    },
  );

  it('goes back to retrieved when nobody knows where the refused cancel came from', () => {
    const step = transition(anActionStatus({ state: 'cancelling' }), 'refuse-cancel');
    expect(step).toEqual({ kind: 'move', to: 'retrieved' });
  });
});

describe('transition of an ended action', () => {
  it('lists every combination of end, verdict, proof and correction', () => {
    expect(new Set(LATE_ROWS.map((row) => row.title)).size).toBe(3 * 3 * 2 * 2);
  });

  describe.each(LATE_ROWS)('$title', ({ status, succeed, fail, failWithdrawn, proveUnproven }) => {
    it.each(ENDED_STATES)('%s', (state) => {
      const after = (event: ActionEvent): string =>
        inWords(transition(anActionStatus({ ...status, state }), event));
      const isSaidBefore = state === 'confirmed' && succeed === 'corrected to confirmed';
      expect(after('succeed')).toBe(isSaidBefore ? 'stay' : succeed);
      const isNeutral = state === 'withdrawn' || state === 'lapsed';
      expect(after('fail')).toBe(state === 'failed' ? 'stay' : isNeutral ? failWithdrawn : fail);
      const isGivenUp = state === 'timed-out' && !status.isCorrected;
      const proven = isGivenUp ? 'corrected to confirmed' : proveUnproven;
      expect(after('prove')).toBe(state === 'confirmed' ? 'refuse' : proven);
      const isUnproven = proveUnproven === 'corrected to confirmed';
      expect(after('disprove')).toBe(state === 'lapsed' && isUnproven ? 'stay' : 'refuse');
      const awaiting = anActionStatus({ ...status, state, awaitsVersion: true });
      const unshown = inWords(transition(awaiting, 'succeed'));
      expect(unshown).toBe(succeed === 'corrected to confirmed' ? 'stay' : succeed);
      for (const [event, byEnd] of Object.entries(AFTER_END)) {
        expect([event, after(event as ActionEvent)]).toEqual([event, byEnd[status.endedBy!]]);
      }
    });
  });

  it.each(ENDED_STATES)('accepts a repeated answer to the cancel of a %s action', (state) => {
    for (const endedBy of ['device', 'server', 'cancel'] as const) {
      const action = anActionStatus({ state, endedBy, cancelFrom: 'offered' });
      expect(transition(action, 'acknowledge-cancel').kind).toBe('stay');
      expect(transition(action, 'refuse-cancel').kind).toBe('stay');
    }
  });

  it('never moves, and corrects only to confirmed or failed', () => {
    for (const { status } of LATE_ROWS) {
      for (const state of ENDED_STATES) {
        for (const event of ACTION_EVENTS) {
          const step = transition(anActionStatus({ ...status, state }), event);
          expect(step.kind).not.toBe('move');
          if (step.kind === 'correct') expect(['confirmed', 'failed']).toContain(step.to);
        }
      }
    }
  });

  it('corrects once: whatever comes after the correction changes nothing', () => {
    const timedOut = anActionStatus({ state: 'timed-out', endedBy: 'server', hasProof: true });
    expect(inWords(transition(timedOut, 'succeed'))).toBe('corrected to confirmed');
    const corrected = {
      ...timedOut,
      state: 'confirmed' as const,
      deviceVerdict: 'success' as const,
      isCorrected: true,
    };
    for (const event of ['succeed', 'fail', 'progress', 'remark'] as const) {
      expect(transition(corrected, event).kind).toBe('stay');
    }
  });
});

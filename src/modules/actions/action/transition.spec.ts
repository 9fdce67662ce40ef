import { anActionStatus } from '../../../../test/support/a-action-status';
import { inWords } from '../../../../test/support/step-words';
import { ACTION_EVENTS, ACTION_STATES, ENDED_STATES } from './action';
import type { ActionEvent, ActionState } from './action';
import { transition } from './transition';

type EndedState = (typeof ENDED_STATES)[number];
type OpenState = Exclude<ActionState, EndedState>;

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

/** Where the end of the download is all that a download-only action waits for. */
const DOWNLOADS_IN: readonly OpenState[] = [
  'offered',
  'retrieved',
  'downloading',
  'downloaded',
  'installing',
];

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

  it.each(openCells)('%s + %s of one that is only to be downloaded: %s', (state, event, plain) => {
    const action = anActionStatus({ state, cancelFrom: 'downloading', type: 'download-only' });
    const isDone = event === 'finish-download' && DOWNLOADS_IN.includes(state);
    expect(inWords(transition(action, event))).toBe(isDone ? 'confirmed by device' : plain);
  });

  it.each(openCells)('%s + %s of one whose user is asked: %s', (state, event, plain) => {
    const action = anActionStatus({ state, cancelFrom: 'downloading', needsConfirmation: true });
    const isAsked = state === 'queued' && event === 'expose';
    expect(inWords(transition(action, event))).toBe(isAsked ? 'awaiting-confirmation' : plain);
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

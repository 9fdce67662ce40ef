import { anActionStatus } from '../../../../test/support/a-action-status';
import { inWords } from '../../../../test/support/step-words';
import { ACTION_EVENTS, ENDED_STATES } from './action';
import type { ActionEvent, ActionStatus, EndedBy } from './action';
import { transition } from './transition';

type EndedState = (typeof ENDED_STATES)[number];

const NEVER_FETCHED: readonly EndedState[] = ['withdrawn', 'lapsed'];

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

describe('transition of an ended action', () => {
  it('lists every combination of end, verdict, proof and correction', () => {
    expect(new Set(LATE_ROWS.map((row) => row.title)).size).toBe(3 * 3 * 2 * 2);
  });

  describe.each(LATE_ROWS)('$title', ({ status, succeed, fail, failWithdrawn, proveUnproven }) => {
    const after = (state: EndedState, event: ActionEvent): string =>
      inWords(transition(anActionStatus({ ...status, state }), event));

    it.each(ENDED_STATES)('%s: a verdict', (state) => {
      const isSaidBefore = state === 'confirmed' && succeed === 'corrected to confirmed';
      expect(after(state, 'succeed')).toBe(isSaidBefore ? 'stay' : succeed);
      const neutral = NEVER_FETCHED.includes(state) ? failWithdrawn : fail;
      expect(after(state, 'fail')).toBe(state === 'failed' ? 'stay' : neutral);
    });

    it.each(ENDED_STATES)('%s: a version', (state) => {
      const isGivenUp = state === 'timed-out' && !status.isCorrected;
      const proven = isGivenUp ? 'corrected to confirmed' : proveUnproven;
      expect(after(state, 'prove')).toBe(state === 'confirmed' ? 'refuse' : proven);
      const isUnproven = proveUnproven === 'corrected to confirmed';
      expect(after(state, 'disprove')).toBe(state === 'lapsed' && isUnproven ? 'stay' : 'refuse');
    });

    it.each(ENDED_STATES)('%s: a success that has still to be shown', (state) => {
      const awaiting = anActionStatus({ ...status, state, awaitsVersion: true });
      const expected = succeed === 'corrected to confirmed' ? 'stay' : succeed;
      expect(inWords(transition(awaiting, 'succeed'))).toBe(expected);
    });

    it.each(ENDED_STATES)('%s: everything else', (state) => {
      for (const [event, byEnd] of Object.entries(AFTER_END)) {
        expect([event, after(state, event as ActionEvent)]).toEqual([event, byEnd[status.endedBy!]]);
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

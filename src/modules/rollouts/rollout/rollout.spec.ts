import fc from 'fast-check';
import { changeableIn, hasPassed, laneCaps, ROLLOUT_STATES, ROLLOUT_VERBS, stateAfter } from './rollout';
import type { RolloutState, RolloutVerb } from './rollout';

describe('stateAfter', () => {
  const REFUSED = undefined;
  const TABLE: Readonly<Record<RolloutState, Readonly<Record<RolloutVerb, RolloutState | undefined>>>> = {
    draft: {
      start: 'running',
      approve: REFUSED,
      deny: 'draft',
      pause: REFUSED,
      resume: REFUSED,
      advance: REFUSED,
      'retry-failed': REFUSED,
      abort: 'aborted',
      close: 'closed',
    },
    scheduled: {
      start: 'scheduled',
      approve: 'scheduled',
      deny: REFUSED,
      pause: REFUSED,
      resume: REFUSED,
      advance: REFUSED,
      'retry-failed': REFUSED,
      abort: 'aborted',
      close: 'closed',
    },
    'awaiting-approval': {
      start: 'awaiting-approval',
      approve: 'running',
      deny: 'draft',
      pause: REFUSED,
      resume: REFUSED,
      advance: REFUSED,
      'retry-failed': REFUSED,
      abort: 'aborted',
      close: 'closed',
    },
    running: {
      start: 'running',
      approve: 'running',
      deny: REFUSED,
      pause: 'paused',
      resume: 'running',
      advance: 'running',
      'retry-failed': 'running',
      abort: 'aborted',
      close: 'closed',
    },
    paused: {
      start: REFUSED,
      approve: 'paused',
      deny: REFUSED,
      pause: 'paused',
      resume: 'running',
      advance: REFUSED,
      'retry-failed': 'paused',
      abort: 'aborted',
      close: 'closed',
    },
    finished: {
      start: REFUSED,
      approve: 'finished',
      deny: REFUSED,
      pause: 'paused',
      resume: 'finished',
      advance: 'finished',
      'retry-failed': 'finished',
      abort: 'aborted',
      close: 'closed',
    },
    aborted: {
      start: REFUSED,
      approve: REFUSED,
      deny: REFUSED,
      pause: REFUSED,
      resume: REFUSED,
      advance: REFUSED,
      'retry-failed': REFUSED,
      abort: 'aborted',
      close: REFUSED,
    },
    closed: {
      start: REFUSED,
      approve: REFUSED,
      deny: REFUSED,
      pause: REFUSED,
      resume: REFUSED,
      advance: REFUSED,
      'retry-failed': REFUSED,
      abort: REFUSED,
      close: 'closed',
    },
  };

  it.each(ROLLOUT_STATES.flatMap((state) => ROLLOUT_VERBS.map((verb) => [state, verb, TABLE[state][verb]])))(
    '%s + %s: %s',
    (state, verb, expected) => {
      expect(stateAfter(state as RolloutState, verb as RolloutVerb)).toBe(expected);
    },
  );

  it('takes a verb said twice for said once', () => {
    for (const state of ROLLOUT_STATES) {
      for (const verb of ROLLOUT_VERBS) {
        const once = stateAfter(state, verb);
        if (once !== undefined) expect(stateAfter(once, verb)).toBe(once);
      }
    }
  });

  it('brings back nothing that was aborted or closed', () => {
    for (const verb of ROLLOUT_VERBS) {
      expect([undefined, 'aborted']).toContain(stateAfter('aborted', verb));
      expect([undefined, 'closed']).toContain(stateAfter('closed', verb));
    }
  });
});

describe('changeableIn', () => {
  it.each([
    ['draft', 'all'],
    ['scheduled', 'reach'],
    ['awaiting-approval', 'nothing'],
    ['running', 'reach'],
    ['paused', 'reach'],
    ['finished', 'reach'],
    ['aborted', 'nothing'],
    ['closed', 'nothing'],
  ] as const)('a %s rollout: %s', (state, scope) => {
    expect(changeableIn(state)).toBe(scope);
  });
});

describe('hasPassed', () => {
  it('is true of a wave that has passed, and of no other', () => {
    const [soakSince, passedBy] = [undefined, undefined];
    const progress = [
      { position: 1, passedAt: new Date(0), soakSince, passedBy },
      { position: 2, passedAt: undefined, soakSince, passedBy },
    ];
    expect([1, 2, 3].map((position) => hasPassed({ progress }, position))).toEqual([true, false, false]);
  });
});

describe('laneCaps', () => {
  it.each([
    [1, [1]],
    [3, [1, 1, 1]],
    [16, new Array<number>(16).fill(1)],
    [18, [2, 2, ...new Array<number>(14).fill(1)]],
    [0, []],
  ])('spreads a cap of %i', (cap, lanes) => {
    expect(laneCaps(cap)).toEqual(lanes);
  });

  it('lays no more lanes than there are offers in the slowest minute', () => {
    expect(laneCaps(100, 3)).toEqual([34, 33, 33]);
    expect(laneCaps(undefined, 2)).toHaveLength(2);
  });

  it('adds up to the cap, in at most 16 lanes that differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (cap) => {
        const lanes = laneCaps(cap);
        expect(lanes.reduce((sum, lane) => sum + lane, 0)).toBe(cap);
        expect(lanes).toHaveLength(Math.min(16, cap));
        expect(Math.max(...lanes) - Math.min(...lanes)).toBeLessThanOrEqual(1);
        expect(Math.min(...lanes)).toBeGreaterThan(0);
      }),
    );
  });

  it('gives 16 lanes as wide as a count can get when there is no cap', () => {
    const lanes = laneCaps(undefined);
    expect(lanes).toHaveLength(16);
    expect(new Set(lanes)).toEqual(new Set([2 ** 30]));
  });
});

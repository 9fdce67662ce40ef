import { ACTION_STATES, ENDED_STATES, isEnded, isForcedNow, isUnretrieved } from './action';

const NOW = new Date('2026-11-21T12:00:00Z');
const BEFORE = new Date(NOW.getTime() - 1);
const AFTER = new Date(NOW.getTime() + 1);

describe('isForcedNow', () => {
  it.each([
    ['forced', undefined, true],
    ['download-only', undefined, true],
    ['soft', undefined, false],
    ['soft', BEFORE, false],
    ['time-forced', BEFORE, true],
    ['time-forced', NOW, true],
    ['time-forced', AFTER, false],
    ['time-forced', undefined, false],
  ] as const)('%s, forced at %s: %s', (type, forceAt, expected) => {
    expect(isForcedNow({ type, forceAt }, NOW)).toBe(expected);
  });
});

it('only an offer that was not fetched can be taken back without a trace', () => {
  expect(ACTION_STATES.filter(isUnretrieved)).toEqual(['queued', 'awaiting-confirmation', 'offered']);
});

it('an action is over in the end states and in no other', () => {
  expect(ACTION_STATES.filter(isEnded).sort()).toEqual([...ENDED_STATES].sort());
});

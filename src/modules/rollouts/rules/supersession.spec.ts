import { aCandidate, anOpenAction } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, type RolloutFacts } from '../../../../test/support/a-plan';
import { DEFAULT_TERMS, ACTION_STATES } from '../../actions/action/action';
import type { Candidate, OpenAction } from '../plan/candidate';
import type { Offer } from './decision';
import { supersedes } from './supersession';

const OLDER = aRollout({ id: '10', releaseId: '1', startedAtMs: 1000 });
const NEWER = aRollout({ id: '11', releaseId: '2', startedAtMs: 2000 });
const RELEASES = [aRelease(), aRelease({ id: '2', version: '3.0.0' })];

interface Case {
  readonly open?: Partial<OpenAction>;
  readonly instead?: Partial<Offer>;
  readonly device?: Partial<Candidate>;
  readonly rollouts?: readonly RolloutFacts[];
}

function isSuperseded({ open, instead, device, rollouts = [OLDER, NEWER] }: Case = {}): boolean {
  const offer: Offer = {
    kind: 'offer',
    releaseId: '2',
    origin: 'rollout:11',
    isForced: false,
    rolloutId: '11',
    wave: 1,
    terms: DEFAULT_TERMS,
    ...instead,
  };
  const plan = aPlan({ releases: RELEASES, rollouts });
  const action = anOpenAction({ state: 'downloading', ...open });
  return supersedes(action, { plan, device: aCandidate(device), instead: offer });
}

describe('supersedes', () => {
  it.each(ACTION_STATES)('%s', (state) => {
    expect(isSuperseded({ open: { state } })).toBe(state === 'retrieved' || state === 'downloading');
  });

  it.each([
    ['an assignment', { open: { isAssignment: true } }],
    ['what was forced', { open: { isForced: true } }],
    ['a device that refused to cancel', { open: { hasRefusedCancel: true } }],
    ['an action of no rollout', { open: { rolloutId: undefined, origin: 'latest:1' } }],
    ['for another release of no rollout', { instead: { rolloutId: undefined, origin: 'latest:2' } }],
    ['for a force', { instead: { isForced: true } }],
    ['for the same rollout', { instead: { rolloutId: '10' } }],
    ['for another rollout of the same release', { instead: { releaseId: '1' } }],
    ['for an older rollout', { rollouts: [OLDER, aRollout({ ...NEWER, startedAtMs: 500 })] }],
    ['for one that started with it', { rollouts: [OLDER, aRollout({ ...NEWER, startedAtMs: 1000 })] }],
    ['of a rollout that is gone', { rollouts: [NEWER] }],
    ['for a rollout that is gone', { rollouts: [OLDER] }],
    ['of a device that has left the feed', { device: { feedId: '2' } }],
  ] satisfies [string, Case][])('not %s', (_what, one) => {
    expect(isSuperseded(one)).toBe(false);
  });

  it('also of a rollout that is about no feed', () => {
    const rollouts = [aRollout({ ...OLDER, feedId: undefined, filter: 'mode==rollout' }), NEWER];
    expect(isSuperseded({ rollouts, device: { feedId: '2' } })).toBe(true);
  });
});

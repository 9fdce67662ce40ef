import { aCandidate, anOpenAction } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aShape } from '../../../../test/support/a-plan';
import { DEFAULT_TERMS, type ActionState } from '../../actions/action/action';
import type { Client } from '../../devices/device/client';
import type { OpenAction } from '../plan/candidate';
import { describeLine, type Decision } from '../rules/decision';
import { resolve } from './resolve';

const NOON = new Date('2026-11-21T12:00:00Z');
const THREE = Date.parse('2026-11-22T03:00:00Z');
const AT_NIGHT = { schedule: '0 0 3 * * ?', durationMs: 3_600_000, timezone: '+00:00' };
const AT_NOON = { schedule: '0 0 12 * * ?', durationMs: 3_600_000, timezone: '+00:00' };

const IMAGE = aShape({ endings: ['.img'] });

/** Decides for a device with this client, and says the last line of the trace. */
function ask(
  client: Client,
  { shape = aShape(), open, terms = DEFAULT_TERMS }: Question = {},
): { decision: Decision; said: string } {
  const plan = aPlan({ releases: [aRelease({ shape })], rollouts: [aRollout({ terms })] });
  const { decision, trace } = resolve(aCandidate({ client, openAction: open }), plan, NOON);
  return { decision, said: trace.map(describeLine).join(' ') };
}

interface Question {
  readonly shape?: typeof IMAGE;
  readonly open?: OpenAction;
  readonly terms?: typeof DEFAULT_TERMS;
}

describe('a release that the client cannot take', () => {
  it('is not offered, and the trace says why', () => {
    const { decision, said } = ask('swupdate', { shape: IMAGE });
    expect(decision).toEqual({ kind: 'nothing', reason: 'unfit-client' });
    expect(said).toContain('The client (swupdate) installs .swu files only, and this release has none.');
  });

  it('is offered to a client that can, and to one that nobody knows', () => {
    expect(ask('rauc', { shape: IMAGE }).decision.kind).toBe('offer');
    expect(ask('unknown', { shape: IMAGE }).decision.kind).toBe('offer');
  });

  it('is not offered by force either', () => {
    const plan = aPlan({ releases: [aRelease({ shape: IMAGE })] });
    const device = aCandidate({ client: 'swupdate', forced: { releaseId: '1', number: 1 } });
    expect(resolve(device, plan, NOON).decision).toEqual({ kind: 'nothing', reason: 'unfit-client' });
  });

  it('is taken back when the client is recognised only after the offer', () => {
    const { decision } = ask('swupdate', { shape: IMAGE, open: anOpenAction() });
    expect(decision).toEqual({ kind: 'withdraw', actionId: '100', reason: 'unfit-client' });
  });

  it('waits when an operator assigned it, until he assigns another or names the client', () => {
    const { decision } = ask('swupdate', { shape: IMAGE, open: anOpenAction({ isAssignment: true }) });
    expect(decision).toEqual({ kind: 'nothing', reason: 'unfit-client' });
  });

  it('goes on once it was fetched', () => {
    const { decision } = ask('swupdate', { shape: IMAGE, open: anOpenAction({ state: 'downloading' }) });
    expect(decision).toEqual({ kind: 'continue', actionId: '100' });
  });

  it('is a mere download for those that would install it or call it installed', () => {
    const terms = { ...DEFAULT_TERMS, type: 'download-only' as const };
    expect(ask('swupdate', { terms }).decision).toEqual({ kind: 'nothing', reason: 'unfit-client' });
    expect(ask('rauc', { terms }).decision.kind).toBe('offer');
  });
});

describe('an assignment outside its maintenance window', () => {
  const STATES: readonly ActionState[] = ['offered', 'retrieved', 'downloading', 'downloaded', 'installing'];

  it.each(STATES)(
    'is kept from a client that cannot hold it back (%s), which is told when to be back',
    (state) => {
      const open = anOpenAction({ state, isAssignment: true, window: AT_NIGHT });
      const { decision, said } = ask('swupdate', { open });
      expect(decision).toEqual({ kind: 'nothing', reason: 'window-closed', opensAtMs: THREE });
      expect(said).toContain(
        'is closed until 2026-11-22T03:00:00.000Z, and the client (swupdate) cannot hold',
      );
    },
  );

  it.each(['rauc', 'esp', 'unknown'] as const)('is shown to one that can (%s)', (client) => {
    const open = anOpenAction({ isAssignment: true, window: AT_NIGHT });
    expect(ask(client, { open }).decision).toEqual({ kind: 'continue', actionId: '100' });
  });

  it('is shown to everybody while the window is open', () => {
    const open = anOpenAction({ isAssignment: true, window: AT_NOON });
    expect(ask('zephyr', { open, shape: aShape({ types: ['application'] }) }).decision.kind).toBe('continue');
    expect(ask('swupdate', { open }).decision.kind).toBe('continue');
  });

  it('can be cancelled all the same', () => {
    const open = anOpenAction({ state: 'cancelling', isAssignment: true, window: AT_NIGHT });
    expect(ask('swupdate', { open }).decision).toEqual({ kind: 'continue', actionId: '100' });
  });
});

describe('an update that waits for consent', () => {
  const open = anOpenAction({ state: 'awaiting-confirmation' });

  it('is explained when the client asks nobody', () => {
    expect(ask('rauc', { open }).said).toContain(
      'whom the client (rauc) cannot ask: give it with autoConfirm',
    );
  });

  it('is what it is with a client that may ask', () => {
    expect(ask('unknown', { open }).said).not.toContain('autoConfirm');
  });
});

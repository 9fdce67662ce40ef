import { sightingOf, type SightingRow } from './sighting';

const AT = new Date('2026-11-21T12:00:00Z');

/** Device 7, idle, of whom nobody knows anything. */
function aRow(changes: Partial<SightingRow> = {}): SightingRow {
  return {
    position: '1',
    tenant_id: '3',
    plan_revision: '12',
    controller_id: 'device-1',
    id: '7',
    set_client: null,
    reported_client: null,
    feed_id: '2',
    mode: 'rollout',
    is_pinned: false,
    takes_prereleases: false,
    model: null,
    revision: null,
    installed_version: null,
    is_version_reported: true,
    assigned_release_id: null,
    assignment_number: 0,
    forced_release_id: null,
    force_number: 0,
    wants_attributes: true,
    target_token_hash: null,
    decision_rev: '5',
    installed_action_id: null,
    attempts: null,
    action_id: null,
    action_state: 'offered',
    action_release_id: '1',
    action_origin: 'rollout:10',
    action_is_forced: false,
    action_cancel_from: null,
    action_type: 'forced',
    action_force_at: null,
    action_is_assignment: false,
    action_is_superseded: false,
    action_window: null,
    approval: 'approved',
    target_token_expires_at: null,
    previous_token_hash: null,
    previous_token_expires_at: null,
    time_zone: null,
    quiet_until: null,
    ask_at: null,
    asks: 0,
    installed_release_id: null,
    changed_by_rollout_id: null,
    changed_from_release_id: null,
    action_rollout_id: null,
    ...changes,
  };
}

describe('sightingOf', () => {
  it('tells tenant and plan where the device is not registered', () => {
    expect(sightingOf(aRow({ id: null, controller_id: null }))).toEqual({
      tenantId: '3',
      planRevision: 12n,
      device: undefined,
    });
  });

  it('keeps a revision beyond what a number holds', () => {
    expect(sightingOf(aRow({ plan_revision: '9007199254740993' })).planRevision).toBe(9007199254740993n);
  });

  it('knows a device of whom nobody knows anything', () => {
    expect(sightingOf(aRow()).device).toEqual({
      id: '7',
      client: 'unknown',
      reportedClient: undefined,
      controllerId: 'device-1',
      feedId: '2',
      mode: 'rollout',
      isPinned: false,
      takesPrereleases: false,
      model: undefined,
      revision: undefined,
      installedVersion: undefined,
      isVersionReported: true,
      assigned: undefined,
      forced: undefined,
      attempts: {},
      openAction: undefined,
      targetTokenHash: undefined,
      wantsAttributes: true,
      asks: 0,
      decisionRev: '5',
      installedActionId: undefined,
      approval: 'approved',
      targetTokenExpiresAt: undefined,
      previousToken: undefined,
    });
  });

  it('knows everything that the row tells', () => {
    const row = aRow({
      mode: 'assigned',
      is_pinned: true,
      takes_prereleases: true,
      model: 'my-board',
      revision: 'rev4.2',
      installed_version: '1.0',
      is_version_reported: false,
      assigned_release_id: '21',
      assignment_number: 4,
      forced_release_id: '22',
      force_number: 6,
      wants_attributes: false,
      target_token_hash: Buffer.from('hash'),
      attempts: { 'rollout:10': [2, 1000] },
      installed_action_id: '99',
      action_id: '100',
      action_state: 'cancelling',
      action_is_forced: true,
      action_type: 'time-forced',
      action_force_at: AT,
      action_is_assignment: true,
      action_is_superseded: true,
      action_window: ['0 0 2 * * ?', 3_600_000, '+01:00'],
      approval: 'waiting',
      target_token_expires_at: AT,
      previous_token_hash: Buffer.from('before'),
      previous_token_expires_at: AT,
    });
    expect(sightingOf(row).device).toMatchObject({
      mode: 'assigned',
      isPinned: true,
      takesPrereleases: true,
      model: 'my-board',
      revision: 'rev4.2',
      installedVersion: '1.0',
      isVersionReported: false,
      assigned: { releaseId: '21', number: 4 },
      forced: { releaseId: '22', number: 6 },
      wantsAttributes: false,
      targetTokenHash: Buffer.from('hash'),
      approval: 'waiting',
      targetTokenExpiresAt: AT,
      previousToken: { hash: Buffer.from('before'), expiresAt: AT },
      attempts: { 'rollout:10': { count: 2, lastEndedAtMs: 1000 } },
      installedActionId: '99',
      openAction: {
        id: '100',
        state: 'cancelling',
        releaseId: '1',
        origin: 'rollout:10',
        isForced: true,
        type: 'time-forced',
        forceAt: AT,
        isAssignment: true,
        isSuperseded: true,
        window: { schedule: '0 0 2 * * ?', durationMs: 3_600_000, timezone: '+01:00' },
      },
    });
  });

  it('lets nobody change the attempts of a device without any', () => {
    expect(Object.isFrozen(sightingOf(aRow()).device?.attempts)).toBe(true);
  });
});

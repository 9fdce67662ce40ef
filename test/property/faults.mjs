/** What each property has to notice: faults that a change of the sources could bring in, one at a time. */
const SLOTS = 'src/modules/rollouts/gates/rollout-slots.service.ts';
const TRANSITION = 'src/modules/actions/action/transition.ts';
const ADMISSION = 'src/modules/updates/polls/admission.service.ts';
const LEDGER = 'src/modules/updates/outcomes/device-ledger.service.ts';
const FLOW = 'src/modules/updates/outcomes/action-flow.service.ts';
const ROOM = 'src/modules/rollouts/gates/rollout-room.service.ts';
const GATE = 'src/modules/rollouts/gates/gate.ts';
const OUTCOMES = 'src/modules/updates/outcomes/outcomes.service.ts';
const DEPLOYMENTS = 'src/modules/updates/polls/deployments.service.ts';

const fault = (id, spec, what, ...edits) => ({ id, spec, fault: what, edits });

export const FAULTS = [
  fault(
    'B1',
    'slots',
    'a slot is taken without looking at the cap again',
    {
      file: ROOM,
      from: 'WHERE tenant_id = $1 AND rollout_id = $2 AND in_flight < cap AND lane = (',
      to: 'WHERE tenant_id = $1 AND rollout_id = $2 AND lane = (',
    },
    {
      file: ROOM,
      from: 'AND l.in_flight < l.cap AND ${HAS_PACE} AND ${condition} ${choice})',
      to: 'AND ${HAS_PACE} ${choice})',
    },
  ),
  fault('B2', 'rules', 'the bucket of the percentage itself belongs to the wave', {
    file: 'src/modules/rollouts/rules/membership.ts',
    from: 'if (bucket < buckets) return',
    to: 'if (bucket <= buckets) return',
  }),
  fault('B2', 'slots', 'who comes in is not counted against the hard maximum', {
    file: ROOM,
    from: "'UPDATE rollout SET devices = devices + 1 WHERE tenant_id = $1 AND id = $2 AND devices < most_devices',",
    to: "'UPDATE rollout SET devices = devices WHERE tenant_id = $1 AND id = $2 AND devices < most_devices',",
  }),
  fault('B3', 'gates', 'the wave after the current one is offered already', {
    file: 'src/modules/rollouts/plan/plan.ts',
    from: 'position <= row.currentWave)',
    to: 'position <= row.currentWave + 1)',
  }),
  fault('B3', 'gates', 'a gate opens whatever share was confirmed', {
    file: GATE,
    from: "if (unconfirmed > 0) return { kind: 'too-few-confirmed', missing: unconfirmed };",
    to: '',
  }),
  fault('B4', 'gates', 'a failure is counted without the lock that keeps admissions out', {
    file: OUTCOMES,
    from: 'if (FAILURE_STATES.includes(to)) await lockFailures(tx, [action]);',
    to: 'if (FAILURE_STATES.includes(to)) return;',
  }),
  fault('B4', 'gates', 'a gate bears one failure more than its share', {
    file: GATE,
    from: 'if (failures * BUCKETS <= failureShare * judged) return undefined;',
    to: 'if ((failures - 1) * BUCKETS <= failureShare * judged) return undefined;',
  }),
  fault('B5', 'gates', 'the admitting transaction believes the plan in memory', {
    file: 'src/modules/rollouts/rollouts.repository.ts',
    from: "WHERE p.tenant_id = $1 AND p.revision = $2 AND r.id = $3 AND r.state IN ('running', 'finished')`,",
    to: 'WHERE p.tenant_id = $1 AND $2::bigint > 0 AND r.id = $3`,',
  }),
  fault('B5', 'gates', 'a fetch does not look at the plan again', {
    file: DEPLOYMENTS,
    from: 'WHERE p.tenant_id = $1 AND p.revision = $2 AND d.id = $3 AND d.decision_rev = $4 FOR UPDATE OF d`,',
    to: 'WHERE p.tenant_id = $1 AND $2::bigint > 0 AND d.id = $3 AND d.decision_rev = $4 FOR UPDATE OF d`,',
  }),
  fault('B6', 'devices', 'the newer of two assignments gives way to the older', {
    file: 'src/modules/updates/sightings/sightings.service.ts',
    from: 'AND NOT w.is_exposed AND w.id > a.id) AS action_is_superseded,',
    to: 'AND NOT w.is_exposed AND w.id < a.id) AS action_is_superseded,',
  }),
  // Two polls that race would both be admitted: the schema refuses the second, and the poll throws.
  {
    ...fault(
      'B7',
      'devices',
      'the admitting transaction takes any row of the device for the one that was read',
      {
        file: ADMISSION,
        from: 'WHERE tenant_id = $1 AND id = $2 AND decision_rev = $3\n        RETURNING',
        to: 'WHERE tenant_id = $1 AND id = $2 AND $3::bigint >= 0\n        RETURNING',
      },
    ),
    throws: true,
  },
  fault('B7', 'devices', 'who is pinned is offered what everybody is', {
    file: 'src/modules/rollouts/resolve/rules.ts',
    from: "if (device.isPinned) return stop(question, 2, 'pinned');",
    to: '',
  }),
  fault('B8', 'windows', 'windows open by the clock of UTC, wherever the device is', {
    file: 'src/modules/rollouts/rules/opening.ts',
    from: 'const timezone = timezoneOf(question.device);',
    to: 'const timezone = undefined;',
  }),
  fault('B8', 'windows', 'what was offered inside the window may be fetched outside of it', {
    file: DEPLOYMENTS,
    from: "if (decision.kind !== 'continue' || decision.actionId !== action.id) {",
    to: "if (decision.kind === 'nothing' || decision.kind === 'cancel') {",
  }),
  fault('B9', 'counts', 'a device that tries again is counted by its first attempt too', {
    file: SLOTS,
    from: 'previous === undefined ? [added] : [added, { ...previous, by: -1 }],',
    to: '[added],',
  }),
  fault('B9', 'counts', 'a correction is not counted', {
    file: FLOW,
    from: 'await this.outcomes.count(tx,',
    to: 'if (!isCorrection) await this.outcomes.count(tx,',
  }),
  fault('B10', 'rules', 'a second late report corrects once more', {
    file: TRANSITION,
    from: 'return isSaid || action.isCorrected || action.deviceVerdict !== undefined;',
    to: 'return isSaid;',
  }),
  fault('B10', 'devices', 'a second late report corrects once more, and is stored', {
    file: TRANSITION,
    from: 'return isSaid || action.isCorrected || action.deviceVerdict !== undefined;',
    to: 'return isSaid;',
  }),
  fault('B11', 'tenants', 'a rollout is found by its id alone', {
    file: 'src/modules/rollouts/rollouts.repository.ts',
    from: '`${SELECT} WHERE r.tenant_id = $1 AND r.id = $2`',
    to: '`${SELECT} WHERE $1::bigint > 0 AND r.id = $2`',
  }),
  fault('B12', 'views', 'explain does not look at the open action', {
    file: 'src/modules/updates/explain/explain.service.ts',
    from: 'await this.decisions.decide(sighting, sighting.device);',
    to: 'await this.decisions.decide(sighting, { ...sighting.device, openAction: undefined });',
  }),
  fault('B13', 'views', 'a plan in memory is good for ever', {
    file: 'src/modules/rollouts/plan/plans.service.ts',
    from: 'return known !== undefined && known.revision >= revision ? known : undefined;',
    to: 'return known ?? (revision < 0n ? known : undefined);',
  }),
  fault('B14', 'devices', 'only failures count as attempts', {
    file: LEDGER,
    from: "return action.retrievedAt !== undefined || event === 'succeed' || event === 'fail' || to === 'cancelled';",
    to: "return event === 'fail' || to === 'cancelled';",
  }),
  fault('B15', 'device-filter', 'in memory a device that lacks something is never meant', {
    file: 'src/platform/rsql/predicate.ts',
    from: '(value === undefined ? ofNothing : matches(scalarOf(value)))',
    to: '(value !== undefined && matches(scalarOf(value)))',
  }),
  fault('B16', 'ends', 'an action that lapses keeps its slot', {
    file: OUTCOMES,
    from: 'if (isEnded(to) && !isCorrection) await',
    to: "if (isEnded(to) && to !== 'lapsed' && !isCorrection) await",
  }),
  fault('B16', 'ends', 'a cancel that nobody answers has no deadline', {
    file: 'src/modules/actions/action/deadline.ts',
    from: "cancelling: { expiry: 'expire-cancel', span: 'cancelMs' },",
    to: '',
  }),
  fault('B17', 'rules', 'a success is believed without proof', {
    file: TRANSITION,
    from: "action.hasProof ? succeeded(action) : move('lapsed', 'device');",
    to: 'succeeded(action);',
  }),
  fault('B17', 'devices', 'what comes in during a cancel is taken for proof, and stored', {
    file: TRANSITION,
    from: "if (action.state === 'cancelling') return false;",
    to: '',
  }),
  fault('B18', 'devices', 'an offer that is taken back leaves no event', {
    file: FLOW,
    from: "if (isEnded(move.to)) return 'action.ended';",
    to: "if (isEnded(move.to)) return move.to === 'withdrawn' ? undefined : 'action.ended';",
  }),
  fault('B18', 'devices', 'two relays number the events of a tenant at the same time', {
    file: 'src/platform/events/event-relay.service.ts',
    from: 'if (!(await claimEvents(tx, tenantId))) return 0;',
    to: '',
  }),
  fault('B18', 'devices', 'events are numbered by their ids, whatever is committed later', {
    file: 'src/platform/events/event-relay.service.ts',
    from: 'publish_seq = moved.before + unsent.place',
    to: 'publish_seq = e.id',
  }),
];

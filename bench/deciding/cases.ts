import type { FilterSubject } from '../../src/modules/devices/device/device-filter';
import type { Candidate } from '../../src/modules/rollouts/plan/candidate';
import type { Decision } from '../../src/modules/rollouts/rules/decision';
import { resolve, type Resolution } from '../../src/modules/rollouts/resolve/resolve';
import type { PlanRows } from '../../src/modules/rollouts/plan/plan';
import { aCandidate, anOpenAction } from '../../test/support/a-candidate';
import { aPlan } from '../../test/support/a-plan';
import * as plans from './plans';

/** One way in which fifty rollouts can look at a device. */
export interface DecidingCase {
  readonly name: string;
  /** What every device has to be told, or the case is not what its name says. */
  readonly expected: string;
  readonly decide: (turn: number) => Resolution;
}

const NOON = new Date('2026-03-02T12:00:00Z');
const DEVICES = 1000;

/** Each the dearest of its kind: what decides is the last that is asked, or nothing does. */
export function decidingCases(): DecidingCase[] {
  const plain = fleetOf(() => ({}));
  const known = fleetOf((at) => ({ row: rowOf(at) }));
  const zoned = fleetOf((at) => ({
    row: { ...rowOf(at), attributes: { ...rowOf(at).attributes, timezone: plans.zoneOf(at) } },
  }));
  const offered = fleetOf(() => ({ openAction: anOpenAction() }));
  const busy = fleetOf(() => ({ openAction: anOpenAction({ state: 'downloading' }) }));
  return [
    over('none is on its feed', 'no-rollout', plain, plans.onOtherFeeds()),
    over('all on its feed, none for its hardware', 'wrong-hardware', plain, plans.byHardware('none')),
    over('all on its feed, the last for its hardware', 'offer', plain, plans.byHardware('last')),
    over('the same by expressions over its revision', 'offer', plain, plans.byExpression()),
    over(
      'none by a filter over its model',
      'no-rollout',
      plain,
      plans.byFilter((at) => `model==board-${at}*`),
    ),
    over(
      'none by filters over tags and attributes',
      'no-rollout',
      known,
      plans.byFilter((at) => `tag==beta-${at},attribute.site=="hall ${at + 100}";installedVersion!=2.0`),
    ),
    over('50 steps to go, one from the other', 'offer', plain, plans.byHops()),
    over('50 waves of named devices, tags and filters', 'not-in-wave', known, plans.byMembers()),
    over('windows by its own clock, 50 freezes', 'window-closed', zoned, plans.byWindows(NOON)),
    over('each rule asks something, the last offers', 'offer', zoned, plans.byEverything(NOON)),
    over('an offer of the last, judged again', 'continue', offered, plans.byHardware('last')),
    over('a download of the last, outrun by none', 'continue', busy, plans.byHardware('last')),
  ];
}

function over(
  name: string,
  expected: string,
  devices: readonly Candidate[],
  rows: Partial<PlanRows>,
): DecidingCase {
  const plan = aPlan(rows);
  const [first = aCandidate()] = devices;
  return {
    name,
    expected,
    decide: (turn) => resolve(asRead(devices[turn % devices.length] ?? first), plan, NOON),
  };
}

/** Each poll reads its device anew, so nothing that was found out about another copy helps. */
function asRead(device: Candidate): Candidate {
  const { row } = device;
  if (row === undefined) return device;
  return { ...device, row: { ...row, tags: [...row.tags], attributes: { ...row.attributes } } };
}

/** What a decision comes to, in a word. */
export function outcomeOf(decision: Decision): string {
  return decision.kind === 'nothing' ? decision.reason : decision.kind;
}

function fleetOf(changesOf: (at: number) => Partial<Candidate>): Candidate[] {
  return Array.from({ length: DEVICES }, (_unused, at) =>
    aCandidate({ controllerId: `device-${at}`, ...changesOf(at) }),
  );
}

/** What an agent tells: a dozen attributes. */
function rowOf(at: number): FilterSubject {
  const device = aCandidate({ controllerId: `device-${at}` });
  const numbered = Array.from({ length: 8 }, (_unused, n): [string, string] => [
    `attribute_${n}`,
    `value ${at + n}`,
  ]);
  return {
    ...device,
    ...{ name: `Device ${at}`, feed: 'default', tags: ['berlin', 'hall-7', 'fast', 'indoor'] },
    attributes: {
      ...Object.fromEntries(numbered),
      ...{ hw_model: 'my-board', hw_revision: 'rev4.2', version: '1.0.0', site: 'hall 7' },
    },
    ...{
      lastSeenAt: NOON,
      address: '192.0.2.1',
      createdBy: 'plug-and-play',
      createdAt: NOON,
      updatedAt: NOON,
    },
  };
}

import type { Fact, Story, StoryAction } from '../support/story';
import { factsOf } from './slots';
import { endOf, isAbout, isAdmission, rolloutsOf, type StoryRollout } from './timeline';

const GOOD = 'confirmed';
const BAD: readonly string[] = ['failed', 'timed-out', 'lost'];

/** A device as a gate sees it: by its latest attempt. */
interface Place {
  readonly wave: number;
  actionId: string;
  outcome: string | undefined;
  isAcknowledged: boolean;
}

interface Line {
  readonly share: number;
  readonly sample: number;
}

interface Count {
  failures: number;
  finished: number;
}

/** What gates must have seen, reckoned anew from the commits; knows nothing of what the server counts. */
export class Reckoning {
  readonly places = new Map<string, Place>();
  private readonly acknowledged = new Map<number, Count>();

  constructor(private readonly rollout: StoryRollout) {}

  admit({ deviceId, wave = 0, id }: StoryAction): void {
    const known = this.places.get(deviceId);
    this.places.set(deviceId, {
      wave: known?.wave ?? wave,
      actionId: id,
      outcome: undefined,
      isAcknowledged: false,
    });
    if (known !== undefined) this.unacknowledge(known);
  }

  end({ deviceId, id }: StoryAction, outcome: string): void {
    const place = this.places.get(deviceId);
    // A later attempt has taken its place.
    if (place?.actionId !== id) return;
    if (!BAD.includes(outcome)) this.unacknowledge(place);
    place.isAcknowledged &&= BAD.includes(outcome);
    place.outcome = outcome;
  }

  /** What is no failure any more was not acknowledged either. */
  private unacknowledge({ wave, isAcknowledged }: Place): void {
    if (!isAcknowledged) return;
    for (const at of [0, wave]) {
      const { failures, finished } = this.acknowledged.get(at) ?? { failures: 0, finished: 0 };
      this.acknowledged.set(at, { failures: failures - 1, finished: finished - 1 });
    }
  }

  count(wave?: number): Count {
    const outcomes = [...this.places.values()]
      .filter((place) => wave === undefined || place.wave === wave)
      .map(({ outcome }) => outcome);
    const failures = outcomes.filter((one) => one !== undefined && BAD.includes(one)).length;
    return { failures, finished: failures + outcomes.filter((one) => one === GOOD).length };
  }

  admitted(wave: number): number {
    return [...this.places.values()].filter((place) => place.wave === wave).length;
  }

  confirmed(wave: number): number {
    return [...this.places.values()].filter((place) => place.wave === wave && place.outcome === GOOD).length;
  }

  /** What an operator has seen counts no more. */
  acknowledge(): void {
    for (const place of this.places.values()) place.isAcknowledged = BAD.includes(place.outcome ?? '');
    this.acknowledged.set(0, this.count());
    this.rollout.part.waves.forEach((_wave, at) => this.acknowledged.set(at + 1, this.count(at + 1)));
  }

  acknowledgedFailures(wave: number): number {
    return this.acknowledged.get(wave)?.failures ?? 0;
  }

  /** Whether a failure in this wave crosses its own line or that of the whole rollout. */
  isCrossed(wave: number): boolean {
    const { waves } = this.rollout.part;
    const own = waves[wave - 1]?.gate;
    const whole = {
      share: Math.max(...waves.map(({ gate }) => gate.failureShare)),
      sample: Math.max(...waves.map(({ gate }) => gate.sample)),
    };
    const isOver = (at: number, { share, sample }: Line): boolean => {
      const { failures, finished } = at === 0 ? this.count() : this.count(at);
      const seen = this.acknowledged.get(at) ?? { failures: 0, finished: 0 };
      return (failures - seen.failures) * 10_000 > share * Math.max(finished - seen.finished, sample);
    };
    return (
      (own !== undefined && isOver(wave, { share: own.failureShare, sample: own.sample })) || isOver(0, whole)
    );
  }
}

/** B4, and that nothing else trips. */
export function faultsOfTrips(story: Story): string[] {
  return rolloutsOf(story).flatMap((rollout) => tripsOf(story, rollout));
}

function tripsOf(story: Story, rollout: StoryRollout): string[] {
  const reckoning = new Reckoning(rollout);
  const faults: string[] = [];
  let crossedBy: string | undefined;
  for (const fact of story.facts) {
    if (isAbout(fact, rollout.id)) {
      if (fact.name === 'rollout.resume') {
        reckoning.acknowledge();
        crossedBy = undefined;
      }
      if (fact.name === 'rollout.tripped' && crossedBy === undefined && fact.detail['kind'] !== 'server')
        faults.push(`rollout ${rollout.id} tripped, and no line was crossed`);
      continue;
    }
    const action = actionIn(story, rollout, fact);
    if (action === undefined) continue;
    if (isAdmission(fact)) {
      if (crossedBy !== undefined)
        faults.push(`action ${action.id} was admitted after the failure of action ${crossedBy}`);
      reckoning.admit(action);
    }
    const outcome = endOf(fact);
    if (outcome === undefined) continue;
    reckoning.end(action, outcome);
    const place = reckoning.places.get(action.deviceId);
    if (place?.actionId !== action.id || !BAD.includes(outcome)) continue;
    if (reckoning.isCrossed(place.wave)) crossedBy ??= action.id;
  }
  return faults;
}

function actionIn(story: Story, rollout: StoryRollout, fact: Fact): StoryAction | undefined {
  const id = fact.kind === 'log' ? fact.actionId : fact.subject.replace(/^action:/, '');
  const action = story.actions.get(id);
  return action?.rolloutId === rollout.id ? action : undefined;
}

/** B3: nobody of a wave before the one before it was passed by its gate, or by hand. */
export function faultsOfWaves(story: Story): string[] {
  return rolloutsOf(story).flatMap((rollout) => wavesOf(story, rollout));
}

function wavesOf(story: Story, rollout: StoryRollout): string[] {
  const reckoning = new Reckoning(rollout);
  const faults: string[] = [];
  let reached = 1;
  for (const fact of story.facts) {
    if (isAbout(fact, rollout.id)) {
      if (fact.name === 'rollout.resume') reckoning.acknowledge();
      if (fact.name === 'rollout.advance') reached += 1;
      if (fact.name === 'rollout.wave-passed') {
        faults.push(...earlyPass(reckoning, rollout, Number(fact.detail['wave'])));
        reached = Math.max(reached, Number(fact.detail['wave']) + 1);
      }
      continue;
    }
    const action = actionIn(story, rollout, fact);
    if (action === undefined) continue;
    if (isAdmission(fact)) {
      const wave = reckoning.places.get(action.deviceId)?.wave ?? action.wave ?? 0;
      if (wave > reached)
        faults.push(`action ${action.id} is of wave ${wave}, and wave ${reached} is the current one`);
      reckoning.admit(action);
    }
    const outcome = endOf(fact);
    if (outcome !== undefined) reckoning.end(action, outcome);
  }
  return faults;
}

/** A gate that says "good" too early. Who could poll is for the server to know: the sample is looked at where it was reached. */
function earlyPass(reckoning: Reckoning, rollout: StoryRollout, wave: number): string[] {
  const gate = rollout.part.waves[wave - 1]?.gate;
  if (gate === undefined) return [`wave ${wave} of rollout ${rollout.id} passed, and there is none`];
  const admitted = reckoning.admitted(wave);
  const confirmed = reckoning.confirmed(wave);
  const needed = admitted - reckoning.acknowledgedFailures(wave);
  const faults: string[] = [];
  if (gate.isManual) faults.push(`wave ${wave} of rollout ${rollout.id} passed by itself, and is manual`);
  if (confirmed * 10_000 < gate.successShare * needed)
    faults.push(`wave ${wave} of rollout ${rollout.id} passed with ${confirmed} of ${admitted} confirmed`);
  return faults;
}

/** B5: what its state says counts from the commit on that changed it. */
export function faultsOfStates(story: Story): string[] {
  return rolloutsOf(story).flatMap((rollout) => {
    let state = 'draft';
    let isStopped = false;
    const faults: string[] = [];
    for (const fact of story.facts) {
      if (fact.kind === 'event' && fact.name === 'tenant.stopped') isStopped = true;
      if (fact.kind === 'event' && fact.name === 'tenant.released') isStopped = false;
      if (isAbout(fact, rollout.id) && typeof fact.detail['to'] === 'string') state = fact.detail['to'];
      if (fact.kind !== 'log') continue;
      const action = actionIn(story, rollout, fact);
      if (action === undefined || (!isAdmission(fact) && fact.status !== 'retrieved')) continue;
      if (state !== 'running' && state !== 'finished')
        faults.push(`action ${action.id}: ${fact.status} while rollout ${rollout.id} is ${state}`);
      if (isStopped) faults.push(`action ${action.id}: ${fact.status} while everything is stopped`);
    }
    return faults;
  });
}

/** Used to show that the reckoning and the walk agree on whom they look at. */
export function admissionsOf(story: Story, rollout: StoryRollout): StoryAction[] {
  return factsOf(story, rollout)
    .filter(([fact]) => isAdmission(fact))
    .map(([, action]) => action);
}

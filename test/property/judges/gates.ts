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
  /** What it was before `sinceUs`. */
  before: string | undefined;
  sinceUs: number;
  isAcknowledged: boolean;
}

const NEVER = { before: undefined, sinceUs: 0, isAcknowledged: false };
/** In place of a wave. */
const WHOLE = 0;

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
  /** Each as it was at the commit, and as it was when its turn began. */
  private readonly acknowledged = new Map<number, readonly [late: Count, early: Count]>();

  constructor(private readonly rollout: StoryRollout) {}

  admit({ deviceId, wave = 0, id }: StoryAction): void {
    const known = this.places.get(deviceId);
    this.places.set(deviceId, { wave: known?.wave ?? wave, actionId: id, outcome: undefined, ...NEVER });
    if (known !== undefined) this.unacknowledge(known);
  }

  end({ deviceId, id }: StoryAction, outcome: string, atUs: number): void {
    const place = this.places.get(deviceId);
    // A later attempt has taken its place.
    if (place?.actionId !== id) return;
    const isBad = BAD.includes(outcome);
    if (!isBad) this.unacknowledge(place);
    const isAcknowledged = place.isAcknowledged && isBad;
    Object.assign(place, { before: place.outcome, sinceUs: atUs, outcome, isAcknowledged });
  }

  /** What is no failure any more was not acknowledged either. */
  private unacknowledge({ wave, isAcknowledged }: Place): void {
    if (!isAcknowledged) return;
    const less = ({ failures, finished }: Count): Count => ({
      failures: failures - 1,
      finished: finished - 1,
    });
    for (const at of [WHOLE, wave]) {
      const seen = this.acknowledged.get(at);
      if (seen !== undefined) this.acknowledged.set(at, [less(seen[0]), less(seen[1])]);
    }
  }

  /** Successes wait for nobody: those since `seenUs` may have been committed after somebody counted, and before his commit. */
  count(wave: number, seenUs = Infinity): Count {
    const outcomes = [...this.places.values()]
      .filter((place) => wave === WHOLE || place.wave === wave)
      .map((one) => (one.outcome === GOOD && one.sinceUs >= seenUs ? one.before : one.outcome));
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
  acknowledge(seenUs: number): void {
    for (const place of this.places.values()) place.isAcknowledged = BAD.includes(place.outcome ?? '');
    for (let wave = WHOLE; wave <= this.rollout.part.waves.length; wave += 1)
      this.acknowledged.set(wave, [this.count(wave), this.count(wave, seenUs)]);
  }

  acknowledgedFailures(wave: number): number {
    return this.acknowledged.get(wave)?.[0].failures ?? 0;
  }

  /** Whether a failure in this wave crosses its own line or that of the whole rollout: for sure, and perhaps. */
  crossing(wave: number, seenUs: number): { readonly isSure: boolean; readonly isPossible: boolean } {
    const views = [Infinity, seenUs].flatMap((us) =>
      ([0, 1] as const).map((view) => this.isCrossed(wave, us, view)),
    );
    return { isSure: views.every((isOver) => isOver), isPossible: views.some((isOver) => isOver) };
  }

  private isCrossed(wave: number, seenUs: number, view: 0 | 1): boolean {
    const { waves } = this.rollout.part;
    const own = waves[wave - 1]?.gate;
    const whole = {
      share: Math.max(...waves.map(({ gate }) => gate.failureShare)),
      sample: Math.max(...waves.map(({ gate }) => gate.sample)),
    };
    const isOver = (at: number, { share, sample }: Line): boolean => {
      const { failures, finished } = this.count(at, seenUs);
      const seen = this.acknowledged.get(at)?.[view] ?? { failures: 0, finished: 0 };
      return (failures - seen.failures) * 10_000 > share * Math.max(finished - seen.finished, sample);
    };
    return (
      (own !== undefined && isOver(wave, { share: own.failureShare, sample: own.sample })) ||
      isOver(WHOLE, whole)
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
  let mayTrip = false;
  for (const fact of story.facts) {
    if (isAbout(fact, rollout.id)) {
      if (fact.name === 'rollout.resume') {
        reckoning.acknowledge(turnOf(story, fact));
        crossedBy = undefined;
        mayTrip = false;
      }
      if (fact.name === 'rollout.tripped' && !mayTrip && fact.detail['kind'] !== 'server')
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
    reckoning.end(action, outcome, fact.atUs);
    const place = reckoning.places.get(action.deviceId);
    if (place?.actionId !== action.id || !BAD.includes(outcome)) continue;
    const { isSure, isPossible } = reckoning.crossing(place.wave, turnOf(story, fact));
    if (isSure) crossedBy ??= action.id;
    mayTrip ||= isPossible;
  }
  return faults;
}

/** When the turn began in which it was committed. */
function turnOf({ moments }: Story, { atUs }: Fact): number {
  const turn = moments.find(({ fromUs, toUs }) => fromUs <= atUs && atUs <= toUs)?.turn;
  return Math.min(atUs, ...moments.filter((one) => one.turn === turn).map(({ fromUs }) => fromUs));
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
      if (fact.name === 'rollout.resume') reckoning.acknowledge(fact.atUs);
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
    if (outcome !== undefined) reckoning.end(action, outcome, fact.atUs);
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
    /** What a device was at before goes on, and may be read again. */
    const begun = new Set<string>();
    const faults: string[] = [];
    for (const fact of story.facts) {
      if (fact.kind === 'event' && fact.name === 'tenant.stopped') isStopped = true;
      if (fact.kind === 'event' && fact.name === 'tenant.released') isStopped = false;
      if (isAbout(fact, rollout.id) && typeof fact.detail['to'] === 'string') state = fact.detail['to'];
      if (fact.kind !== 'log') continue;
      const action = actionIn(story, rollout, fact);
      if (action === undefined || begun.has(action.id)) continue;
      if (fact.source === 'device') begun.add(action.id);
      if (!isAdmission(fact) && fact.status !== 'retrieved') continue;
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

import type { OperatorAct, RolloutPatch } from '../support/acts';
import type { CastRollout } from '../support/cast';
import type { EventFact, Fact, Moment, Story, StoryAction } from '../support/story';

/** A rollout of a history with the place that it has in its cast. */
export interface StoryRollout {
  readonly id: string;
  readonly part: CastRollout;
  /** Of its buckets. */
  readonly salt: string;
}

export function rolloutsOf({ rolloutIds, cast }: Story): StoryRollout[] {
  return rolloutIds.map((id, at) => ({ id, part: cast.rollouts[at]!, salt: `r${at}` }));
}

/** The moment in the order of commits at which an action came into being. */
export function isAdmission(fact: Fact): boolean {
  return fact.kind === 'log' && fact.seq === 1;
}

/** The action that a fact is about. */
export function actionOf({ actions }: Story, fact: Fact): StoryAction | undefined {
  if (fact.kind === 'log') return actions.get(fact.actionId);
  return fact.subject.startsWith('action:') ? actions.get(fact.subject.slice(7)) : undefined;
}

/** Where an action was led by this fact: to an end, or to another one by a correction. */
export function endOf(fact: Fact): string | undefined {
  if (fact.kind !== 'event') return undefined;
  if (fact.name !== 'action.ended' && fact.name !== 'action.corrected') return undefined;
  return String(fact.detail['to']);
}

/** Facts about a rollout itself. */
export function isAbout(fact: Fact, rolloutId: string): fact is EventFact {
  return fact.kind === 'event' && fact.subject === `rollout:${rolloutId}`;
}

/** The operator's acts that were taken, in their order. */
export function taken<D extends OperatorAct['does']>(
  { moments }: Story,
  does: D,
): (Moment & { readonly act: Extract<OperatorAct, { does: D }> })[] {
  return moments.filter(
    (one): one is Moment & { readonly act: Extract<OperatorAct, { does: D }> } =>
      one.act.does === does && one.answer.is === 'taken',
  );
}

/** Something that changes while a history goes on: which values it may have had at an instant. */
export interface Change<T> {
  readonly fromUs: number;
  readonly toUs: number;
  readonly value: T;
}

/**
 * A change lies somewhere within its turn. Whatever overlaps with `atUs` may have come before or after it, and changes that
 * overlap with each other may have come in either order, so several values are possible; what is wrong under all of them is
 * wrong.
 */
export function possibleAt<T>(initial: T, changes: readonly Change<T>[], atUs: number): T[] {
  const begun = changes.filter(({ fromUs }) => fromUs <= atUs);
  const over = begun.filter(({ toUs }) => toUs < atUs);
  const latestUs = Math.max(...over.map(({ fromUs }) => fromUs));
  // Whatever was over before the latest of them began was replaced for sure.
  const standing = begun.filter(({ toUs }) => toUs >= latestUs).map(({ value }) => value);
  return over.length === 0 ? [initial, ...standing] : standing;
}

/** What operators made of one property of a rollout. */
export function patches<T>(
  story: Story,
  rolloutId: string,
  read: (to: RolloutPatch) => { readonly value: T } | undefined,
): Change<T>[] {
  return taken(story, 'change-rollout').flatMap(({ act, fromUs, toUs }) => {
    const isIts = story.rolloutIds[act.rollout % story.rolloutIds.length] === rolloutId;
    const found = isIts ? read(act.to) : undefined;
    return found === undefined ? [] : [{ fromUs, toUs, value: found.value }];
  });
}

export function sameDevice({ stage }: Story, place: number, deviceId: string): boolean {
  return stage.deviceAt(place).id === deviceId;
}

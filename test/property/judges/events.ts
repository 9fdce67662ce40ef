import type { SentEvent } from '../../../src/modules/audit/audit-entry';
import type { EventFact, Story } from '../support/story';
import { endOf } from './timeline';

/** B18: what is told is told once, in the order in which it happened, and can be told apart. */
export function faultsOfEvents(story: Story): string[] {
  const events = story.facts.filter((fact): fact is EventFact => fact.kind === 'event');
  return [...repeated(events), ...disordered(events), ...missing(story, events)];
}

function repeated(events: readonly EventFact[]): string[] {
  const ids = new Set(events.map(({ id }) => id));
  return ids.size === events.length ? [] : [`${events.length} events have ${ids.size} ids`];
}

/** By subject: commits one after the other, and the ids that readers go by do so too. */
function disordered(events: readonly EventFact[]): string[] {
  const latest = new Map<string, EventFact>();
  return events.flatMap((event) => {
    const before = latest.get(event.subject);
    latest.set(event.subject, event);
    if (before === undefined || before.id < event.id) return [];
    return [`event ${event.id} about ${event.subject} was committed after ${before.id}`];
  });
}

/** Each end, and each act of an operator that was taken and changes something by itself, has its event. */
function missing(story: Story, events: readonly EventFact[]): string[] {
  const ended = [...story.actions.values()].filter(
    ({ id, isEnded }) =>
      isEnded && !events.some((event) => event.subject === `action:${id}` && endOf(event) !== undefined),
  );
  const assigned = story.moments.filter(({ act, answer }) => act.does === 'assign' && answer.is === 'taken');
  const changed = story.moments.filter(
    ({ act, answer }) => act.does === 'change-device' && answer.is === 'taken',
  );
  const count = (name: string): number => events.filter((event) => event.name === name).length;
  return [
    ...ended.map(({ id, state }) => `action ${id} is ${state}, and no event tells`),
    ...(count('assignment.created') === assigned.length ? [] : ['assignments and their events differ']),
    ...(count('device.changed') === changed.length ? [] : ['changes of devices and their events differ']),
  ];
}

/** B18: what a reader has heard who goes by the numbers, against all that was written. */
export function faultsOfDelivery(heard: readonly SentEvent[], written: readonly string[]): string[] {
  const ids = new Set(heard.map(({ id }) => id));
  const missed = written.filter((id) => !ids.has(id));
  const gaps = heard.filter(({ seq }, at) => seq !== at + 1);
  const latest = new Map<string, number>();
  const late = heard.filter(({ subject, id }) => {
    const before = latest.get(subject) ?? 0;
    latest.set(subject, Number(id));
    return before > Number(id);
  });
  return [
    ...missed.map((id) => `event ${id} was not delivered`),
    ...gaps.map(({ id, seq }) => `event ${id} was delivered as ${seq}, out of its turn`),
    ...late.map(({ id, subject }) => `event ${id} about ${subject} was delivered after a later one`),
    ...(ids.size === heard.length ? [] : ['an event was delivered under two numbers']),
  ];
}

import { FieldError } from '../errors/domain.error';

/** One place of a Quartz cron expression. */
export interface CronField {
  /** With its number, as a message names it. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What may stand in it, for messages. */
  readonly allowed: string;
  /** What may stand for a number, from `min` on. */
  readonly words?: readonly string[];
  /** Whether a range may run over the end, as 22-4 of hours and FRI-MON. */
  readonly isRound: boolean;
}

/** The numbers that a list selects; an item is `*`, a value, a range, or any of these with a step. */
export function numbersOf(field: CronField, text: string): number[] {
  return text.split(',').flatMap((item) => numbersOfItem(field, item));
}

/** The number that a number or a word means; undefined when it is none of the field. */
export function valueOf(field: CronField, text: string): number | undefined {
  const word = field.words?.indexOf(text) ?? -1;
  if (word >= 0) return word + field.min;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  return value >= field.min && value <= field.max ? value : undefined;
}

/** Where what was found, for a message. */
export function foundIn(field: CronField, text: string): string {
  return `${JSON.stringify(text)} in field ${field.name}`;
}

/** Throws a FieldError of `schedule` that says where, what was found, and what is allowed. */
export function refuse(field: CronField, found: string): never {
  throw new FieldError('schedule', `has ${foundIn(field, found)}: allowed are ${field.allowed}`);
}

function numbersOfItem(field: CronField, item: string): number[] {
  const size = field.max - field.min + 1;
  const ranged = item.replace(/^\*$|^\*?(?=\/)/, `${field.min}-${field.max}`);
  const match = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d{1,3}))?$/.exec(ranged) ?? refuse(field, item);
  const step = Number(match[3] ?? 1);
  const bounds = boundsOf(field, match);
  if (bounds === undefined || step < 1 || step > size) return refuse(field, item);
  const [first, last] = bounds;
  const end = last < first ? last + size : last;
  const found: number[] = [];
  for (let at = first; at <= end; at += step) found.push(((at - field.min) % size) + field.min);
  return found;
}

/** First and last of what an item covers; a single value with a step goes on to the end (5/15). */
function boundsOf(field: CronField, match: RegExpExecArray): [number, number] | undefined {
  const [, firstText = '', lastText, step] = match;
  const first = valueOf(field, firstText);
  const openEnd = step === undefined ? first : field.max;
  const last = lastText === undefined ? openEnd : valueOf(field, lastText);
  if (first === undefined || last === undefined) return undefined;
  return last < first && !field.isRound ? undefined : [first, last];
}

import { clockSpanText, parseClockSpanMs } from '../../platform/calendar/clock-span';
import { FieldError } from '../../platform/errors/domain.error';

/** How often a device polls: every `intervalMs`, each time up to `jitterPercent` sooner or later. */
export interface PollPace {
  readonly intervalMs: number;
  /** 0 to 99. */
  readonly jitterPercent: number;
}

/** Another pace for the devices that an RSQL filter selects. */
export interface PaceOverride extends PollPace {
  readonly filterText: string;
}

/** A tenant's polling value: the pace of all devices, and overrides, of which the first that fits counts. */
export interface PollInterval extends PollPace {
  readonly overrides: readonly PaceOverride[];
}

export interface SleepTerms {
  /** No device is told to sleep less. */
  readonly floorMs: number;
  /** A number from 0 to below 1, drawn evenly; only asked for when there is jitter. */
  readonly draw: () => number;
  /** What a device that waits for a maintenance window goes by; absent in the window and when it waits for none. */
  readonly waitsFor?: WindowAhead | undefined;
}

export interface WindowAhead {
  readonly opensInMs: number;
  /** How many polls to aim at until then (hawkBit: 3), so that the device knows of changes and is back in time. */
  readonly pollCount: number;
}

const FIELD = 'polling';
const MAX_LENGTH = 4000;
const MAX_OVERRIDES = 32;
const MAX_SLEEP_MS = 86_399_000;

/**
 * Reads hawkBit's polling value: `HH:MM:SS[~N%][, <RSQL> -> HH:MM:SS[~N%]]…`. A filter reaches from the comma after a
 * pace to the next `->` outside quotes, so it may hold commas of its own (RSQL's OR), which hawkBit's may not. The
 * filters are not looked into. Throws a FieldError of `polling` that says which override is meant.
 */
export function parsePollInterval(text: string): PollInterval {
  if (text.length > MAX_LENGTH)
    throw new FieldError(FIELD, `has ${text.length} characters: allowed are ${MAX_LENGTH}`);
  let end = endOfPace(text, 0);
  const pace = parsePace(text.slice(0, end), 'has');
  const overrides: PaceOverride[] = [];
  while (end < text.length) {
    if (overrides.length === MAX_OVERRIDES)
      throw new FieldError(FIELD, `has more overrides than the ${MAX_OVERRIDES} allowed`);
    const place = placeOf(overrides.length);
    const arrow = arrowAfter(text, end + 1, place);
    const filterText = text.slice(end + 1, arrow).trim();
    if (filterText === '') throw new FieldError(FIELD, `${place} no filter before "->"`);
    end = endOfPace(text, arrow);
    overrides.push({ filterText, ...parsePace(text.slice(arrow + 2, end), place) });
  }
  return { ...pace, overrides };
}

/** Why a tenant may not set this polling value; undefined when it may. The filters are not looked into. */
export function faultOfPolling(text: string, floorMs: number): string | undefined {
  try {
    const { overrides, ...pace } = parsePollInterval(text);
    const tooShort = [pace, ...overrides].findIndex(({ intervalMs }) => intervalMs < floorMs);
    if (tooShort === -1) return undefined;
    const place = tooShort === 0 ? 'has' : placeOf(tooShort - 1);
    return `${place} an interval below ${clockSpanText(floorMs)}, the shortest allowed`;
  } catch (error) {
    if (error instanceof FieldError) return error.fields?.[FIELD];
    throw error;
  }
}

/** The text that {@link parsePollInterval} reads as the same value. */
export function formatPollInterval(interval: PollInterval): string {
  const overrides = interval.overrides.map((one) => `, ${one.filterText} -> ${formatPace(one)}`);
  return formatPace(interval) + overrides.join('');
}

/** The pace of a device: of the first override whose filter holds for it, else the general one. */
export function paceFor(
  interval: PollInterval,
  holds: (filterText: string, at: number) => boolean,
): PollPace {
  return interval.overrides.find((one, at) => holds(one.filterText, at)) ?? interval;
}

/** How long the device shall sleep now: whole seconds, from the floor to 23:59:59. */
export function sleepMs(pace: PollPace, terms: SleepTerms): number {
  const { floorMs, draw, waitsFor } = terms;
  const wantedMs =
    waitsFor === undefined
      ? pace.intervalMs
      : Math.min(pace.intervalMs, waitsFor.opensInMs / waitsFor.pollCount);
  const jitter = pace.jitterPercent === 0 ? 0 : (pace.jitterPercent / 100) * (2 * draw() - 1);
  const seconds = Math.max(Math.round((wantedMs * (1 + jitter)) / 1000), Math.ceil(floorMs / 1000));
  return Math.min(seconds * 1000, MAX_SLEEP_MS);
}

function endOfPace(text: string, from: number): number {
  const comma = text.indexOf(',', from);
  return comma === -1 ? text.length : comma;
}

function placeOf(at: number): string {
  return `has in override ${at + 1}`;
}

function parsePace(text: string, place: string): PollPace {
  const written = text.trim();
  const match = /^(\d\d:\d\d:\d\d)\s*(?:~(\d{1,2})%)?$/.exec(written);
  const intervalMs = parseClockSpanMs(match?.[1] ?? '') ?? 0;
  if (intervalMs > 0) return { intervalMs, jitterPercent: Number(match?.[2] ?? 0) };
  const shown = JSON.stringify(written.slice(0, 40));
  throw new FieldError(
    FIELD,
    `${place} ${shown}: needed is HH:MM:SS, 00:00:01 to 23:59:59, and ~N% if wanted`,
  );
}

function formatPace({ intervalMs, jitterPercent }: PollPace): string {
  return clockSpanText(intervalMs) + (jitterPercent === 0 ? '' : `~${jitterPercent}%`);
}

/** RSQL quotes with ' or ", and a backslash in them takes the next character as it is. */
function arrowAfter(text: string, from: number, place: string): number {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote === '') {
      if (text.startsWith('->', at)) return at;
      if (character === '"' || character === "'") quote = character;
    } else if (character === '\\') at += 1;
    else if (character === quote) quote = '';
  }
  const why = quote === '' ? 'no "->" after its filter' : `a filter whose ${quote} is not closed`;
  throw new FieldError(FIELD, `${place} ${why}`);
}

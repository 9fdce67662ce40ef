import { RE2JS } from 're2js';

/** What a release fits: `*` fits every model; `?` and `*` are globs; a revision may be SWUpdate's `#RE:<expression>`. */
export interface HardwarePattern {
  readonly model: string;
  readonly revision: string;
}

/** What a device is. */
export interface Hardware {
  readonly model: string;
  readonly revision: string | undefined;
}

const REGEX_PREFIX = '#RE:';
const MAX_PATTERN_LENGTH = 256;
/** More patterns than this in one release is a mistake or an attack. */
export const MAX_PATTERNS = 500;
const MOST_REMEMBERED = 1000;

type Matches = (hardware: Hardware) => boolean;

/** Why a pattern cannot be used, or undefined when it can. Ends a sentence that starts with the field's name. */
export function faultOfPattern(pattern: HardwarePattern): string | undefined {
  for (const text of [pattern.model, pattern.revision]) {
    if (text === '') return 'has an empty model or revision';
    if (text.length > MAX_PATTERN_LENGTH)
      return `has a pattern of more than ${MAX_PATTERN_LENGTH} characters`;
    // Postgres stores neither NUL nor half a character.
    if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'has a model or revision with control characters';
  }
  try {
    compile(pattern.revision);
    return undefined;
  } catch {
    return `has the expression "${pattern.revision}", which is not a regular expression of RE2`;
  }
}

/** Turns patterns into one predicate; done once per plan, so a poll only calls it. No pattern fits nothing. */
export function hardwareMatcher(patterns: readonly HardwarePattern[]): Matches {
  const each = patterns.map(({ model, revision }): Matches => {
    const [fitsModel, fitsRevision] = [compileGlob(model), compile(revision)];
    return (hardware) => fitsModel(hardware.model) && fitsRevision(hardware.revision ?? '');
  });
  const matches: Matches = (hardware) => each.some((one) => one(hardware));
  return patterns.every(isPlain) ? matches : remembering(matches);
}

/** Text that is compared as it is. */
function isPlain({ model, revision }: HardwarePattern): boolean {
  return [model, revision].every(
    (text) => text === '*' || !(text.startsWith(REGEX_PREFIX) || /[*?]/.test(text)),
  );
}

/** A fleet has few kinds of hardware, and an expression takes a microsecond; but a device may say anything. */
function remembering(matches: Matches): Matches {
  const answers = new Map<string, Map<string | undefined, boolean>>();
  let size = 0;
  return (hardware) => {
    const { model, revision } = hardware;
    const known = answers.get(model)?.get(revision);
    if (known !== undefined) return known;
    if (size >= MOST_REMEMBERED) {
      answers.clear();
      size = 0;
    }
    const answer = matches(hardware);
    const ofModel = answers.get(model) ?? new Map<string | undefined, boolean>();
    answers.set(model, ofModel.set(revision, answer));
    size += 1;
    return answer;
  };
}

type Fits = (text: string) => boolean;

/** Linear-time engines only: a revision is text from a device, an expression is text from a bundle. */
function compile(pattern: string): Fits {
  if (!pattern.startsWith(REGEX_PREFIX)) return compileGlob(pattern);
  const expression = RE2JS.compile(pattern.slice(REGEX_PREFIX.length));
  return ifKnown((text) => expression.matcher(text).find());
}

function compileGlob(pattern: string): Fits {
  if (pattern === '*') return () => true;
  if (!/[*?]/.test(pattern)) return ifKnown((text) => text === pattern);
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const glob = RE2JS.compile(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, RE2JS.DOTALL);
  return ifKnown((text) => glob.matcher(text).find());
}

/** What nobody has named fits only `*`: an expression that also matches no text at all says nothing about it. */
function ifKnown(fits: Fits): Fits {
  return (text) => text !== '' && fits(text);
}

/**
 * Reads what a person writes: `my-board:rev4.2, other-board:*` or `*` for all hardware. A model alone means every
 * revision of it; `#RE:` stands last on its line. Returns undefined when the text has no pattern at all.
 */
export function parseHardwareList(text: string): HardwarePattern[] | undefined {
  const items = text
    .split('\n')
    .flatMap(itemsOfLine)
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) return undefined;
  return items.map((item) => {
    const colon = item.indexOf(':');
    if (colon < 0) return { model: item, revision: '*' };
    return { model: item.slice(0, colon).trim(), revision: item.slice(colon + 1).trim() };
  });
}

/** Commas separate, but an expression may hold some of its own and so goes on to the end of its line. */
function itemsOfLine(line: string): string[] {
  const expression = line.indexOf(REGEX_PREFIX);
  if (expression < 0) return line.split(',');
  const last = line.lastIndexOf(',', expression);
  return [...line.slice(0, Math.max(last, 0)).split(','), line.slice(last + 1)];
}

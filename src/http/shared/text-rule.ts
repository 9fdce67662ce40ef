/** What a text may be; lengths in UTF-16 units, so never less than what Postgres counts. */
export interface TextRule {
  /** Default 1. */
  readonly least?: number;
  readonly most: number;
  /** Line breaks and tabs are fine. */
  readonly isMultiline?: boolean;
  /** A sentence's end that says what `shape` demands. */
  readonly shape?: { readonly pattern: RegExp; readonly why: string };
}

/** Postgres stores no NUL and jsonb no lone surrogate; the others would break logs and headers. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const UNPRINTABLE_BESIDE_BREAKS = /(?![\n\r\t])[\p{Cc}\p{Cs}]/u;

/** Why `value` is not such a text, as the end of a sentence that begins with the field's name. */
export function faultOfText(value: unknown, rule: TextRule): string | undefined {
  if (typeof value !== 'string') return 'must be text';
  const { least = 1, most, shape } = rule;
  if (value.length < least || value.length > most) return lengthFault(least, most);
  const fault = rule.isMultiline === true ? faultOfLines(value) : faultOfLine(value);
  if (fault !== undefined) return fault;
  return shape === undefined || shape.pattern.test(value) ? undefined : shape.why;
}

function faultOfLine(text: string): string | undefined {
  if (UNPRINTABLE.test(text)) return 'must not hold control characters';
  return text === text.trim() ? undefined : 'must not begin or end with a space';
}

function faultOfLines(text: string): string | undefined {
  return UNPRINTABLE_BESIDE_BREAKS.test(text) ? 'must not hold control characters' : undefined;
}

function lengthFault(least: number, most: number): string {
  return least === 0 ? `must have at most ${most} characters` : `must have ${least} to ${most} characters`;
}

import { durationText, parseDurationMs } from '../../../platform/config/units';
import { Field, type FieldOptions } from './field';

/**
 * How long something lasts, with its unit as in the settings: `90s`, `7d`; at most `most` milliseconds and not less than
 * `least`.
 */
export function DurationField(
  options: FieldOptions & { readonly most: number; readonly least?: number },
): PropertyDecorator {
  const { most, least = 0, ...rest } = options;
  const faultOf = (value: unknown): string | undefined => {
    const ms = typeof value === 'string' ? parseDurationMs(value) : undefined;
    if (ms === undefined) return 'must be a duration such as 90s, 5m, 12h or 7d';
    if (ms < least) return `must be ${durationText(least)} at least`;
    return ms > most ? `must be ${durationText(most)} at most` : undefined;
  };
  return Field(
    faultOf,
    { example: '7d', ...rest },
    { type: String, pattern: '^\\d{1,12}(ms|s|m|h|d)$', maxLength: 14 },
  );
}

/** What such a field says, if anything. */
export function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDurationMs(text);
}

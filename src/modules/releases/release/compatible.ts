import { RE2JS } from 're2js';
import type { HardwarePattern } from './hardware';

const MAX_PATTERN_LENGTH = 256;
const ANY = '*';

/** Why an expression cannot split a compatible, or undefined when it can. Ends a sentence that starts with its name. */
export function faultOfCompatiblePattern(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `has more than ${MAX_PATTERN_LENGTH} characters`;
  let groups: Readonly<Record<string, number>>;
  try {
    groups = RE2JS.compile(pattern).namedGroups();
  } catch {
    return `is "${pattern}", which is not a regular expression of RE2`;
  }
  return Object.hasOwn(groups, 'model') ? undefined : 'has no group named "model": write (?P<model>…)';
}

/**
 * What hardware the `compatible` of a RAUC bundle means. RAUC knows one name only, and compares it letter by letter;
 * many put a revision into it, which an expression of RE2 with the groups `model` and perhaps `revision` takes out
 * again. It has to match the whole name. Without one, or where it does not match, the whole name is the model, in
 * any revision.
 * @param pattern one in which `faultOfCompatiblePattern` finds no fault
 */
export function hardwareOfCompatible(compatible: string, pattern?: string): HardwarePattern {
  const whole = { model: literal(compatible), revision: ANY };
  if (pattern === undefined) return whole;
  const expression = RE2JS.compile(pattern);
  const match = expression.matcher(compatible);
  if (!match.matches()) return whole;
  const model = match.group('model');
  if (!model) return whole;
  const hasRevision = Object.hasOwn(expression.namedGroups(), 'revision');
  const revision = hasRevision ? match.group('revision') : undefined;
  return { model: literal(model), revision: revision ? literal(revision) : ANY };
}

/** To us `*` is a glob, to RAUC a star. `?` fits the star too, and nothing longer; the device compares again. */
function literal(text: string): string {
  return text.replaceAll('*', '?');
}

import { hardwareMatcher, type HardwarePattern } from './hardware';

/**
 * Whether some device may fit both lists. Of two globs their ends decide, and of two expressions nobody can say that they have
 * nothing in common: where it is not certain that nothing fits both, something may.
 */
export function mayOverlap(one: readonly HardwarePattern[], other: readonly HardwarePattern[]): boolean {
  return one.some((a) => other.some((b) => meet(a.model, b.model) && meet(a.revision, b.revision)));
}

function meet(one: string, other: string): boolean {
  if (one === other || one === '*' || other === '*') return true;
  const [isOneOpen, isOtherOpen] = [isOpen(one), isOpen(other)];
  if (!isOneOpen && !isOtherOpen) return false;
  if (isOneOpen && isOtherOpen) return endsMeet(one, other);
  const [pattern, text] = isOneOpen ? [one, other] : [other, one];
  return hardwareMatcher([{ model: '*', revision: pattern }])({ model: '', revision: text });
}

/** Whether it fits more than one text. */
function isOpen(pattern: string): boolean {
  return pattern.startsWith('#RE:') || /[*?]/.test(pattern);
}

function endsMeet(one: string, other: string): boolean {
  if (one.startsWith('#RE:') || other.startsWith('#RE:')) return true;
  const [a, b] = [fixedEnds(one), fixedEnds(other)];
  return (
    (a.start.startsWith(b.start) || b.start.startsWith(a.start)) &&
    (a.end.endsWith(b.end) || b.end.endsWith(a.end))
  );
}

/** What stands before the first and behind the last letter of a glob that stands for others. */
function fixedEnds(glob: string): { readonly start: string; readonly end: string } {
  return { start: /^[^*?]*/.exec(glob)?.[0] ?? '', end: /[^*?]*$/.exec(glob)?.[0] ?? '' };
}

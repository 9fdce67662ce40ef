import { hardwareMatcher, type HardwarePattern } from './hardware';

type Fits = (text: string) => boolean;

/** Two lists of 500 make 250 000 pairs, each of which could cost what an expression may cost. */
const MOST_STEPS = 5000;
/** As much as so many matchings. */
const STEPS_TO_COMPILE = 10;

/** Tries texts against patterns: each is compiled once, and not more is tried than an upload may cost. */
export class BoundedMatching {
  private readonly compiled = new Map<string, Fits>();
  private left = MOST_STEPS;

  /** True also when too much was tried already: then nobody can say that it does not fit. */
  mayFit(pattern: string, text: string): boolean {
    if (this.left <= 0) return true;
    const known = this.compiled.get(pattern);
    this.left -= known === undefined ? STEPS_TO_COMPILE : 1;
    const fits = known ?? compiled(pattern);
    this.compiled.set(pattern, fits);
    return fits(text);
  }
}

function compiled(pattern: string): Fits {
  const fits = hardwareMatcher([{ model: '*', revision: pattern }]);
  return (text) => fits({ model: '', revision: text });
}

/**
 * Whether some device may fit both lists. Of two globs their ends decide, and of two expressions nobody can say that they have
 * nothing in common: where it is not certain that nothing fits both, something may.
 * @param matching one for all the lists that a request is about
 */
export function mayOverlap(
  one: readonly HardwarePattern[],
  other: readonly HardwarePattern[],
  matching = new BoundedMatching(),
): boolean {
  const meet = (a: string, b: string): boolean => doMeet(a, b, matching);
  return one.some((a) => other.some((b) => meet(a.model, b.model) && meet(a.revision, b.revision)));
}

function doMeet(one: string, other: string, matching: BoundedMatching): boolean {
  if (one === other || one === '*' || other === '*') return true;
  const [isOneOpen, isOtherOpen] = [isOpen(one), isOpen(other)];
  if (!isOneOpen && !isOtherOpen) return false;
  // Of a text both ends are all of it, so this refuses most pairs without an expression.
  if (!endsMeet(one, other)) return false;
  if (isOneOpen && isOtherOpen) return true;
  return isOneOpen ? matching.mayFit(one, other) : matching.mayFit(other, one);
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
  const first = glob.search(/[*?]/);
  const last = Math.max(glob.lastIndexOf('*'), glob.lastIndexOf('?'));
  return { start: first < 0 ? glob : glob.slice(0, first), end: glob.slice(last + 1) };
}

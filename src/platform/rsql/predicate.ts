import { bind, matchesAbsence, type BoundNode, type BoundTest, type Test } from './bound';
import type { Catalogue } from './field';
import { compareTexts, foldCase, isLike } from './folded-text';
import type { Scalar, ScalarType } from './scalar';
import type { OrderOperator, RsqlNode } from './tree';

export type Predicate<Subject> = (subject: Subject) => boolean;

/**
 * The filter as a function that holds for exactly the subjects whose rows the SQL finds.
 * @throws RsqlFieldError, RsqlValueError
 */
export function compilePredicate<Subject>(node: RsqlNode, catalogue: Catalogue<Subject>): Predicate<Subject> {
  return predicateOf(bind(node, catalogue));
}

function predicateOf<Subject>(node: BoundNode<Subject>): Predicate<Subject> {
  if (node.kind === 'test') return testPredicate(node);
  const parts = node.parts.map(predicateOf);
  return node.kind === 'and'
    ? (subject) => {
        for (const part of parts) if (!part(subject)) return false;
        return true;
      }
    : (subject) => {
        for (const part of parts) if (part(subject)) return true;
        return false;
      };
}

/** One value that matches is enough. The catalogue's types hold property and type together, but not through a generic subject. */
function testPredicate<Subject>({ field, key, test, isNegated }: BoundTest<Subject>): Predicate<Subject> {
  const matches = matcherOf(test);
  const ofNothing = matchesAbsence(test);
  const { property } = field;
  switch (field.type) {
    case 'texts':
      return (subject) =>
        (isAny((subject[property] ?? NO_TEXTS) as readonly string[], matches) ?? ofNothing) !== isNegated;
    case 'keyed-text':
      return (subject) =>
        (isAnyUnder(subject[property] ?? NO_PAIRS, key, matches) ?? ofNothing) !== isNegated;
    default: {
      const scalarOf = SCALARS[field.type];
      return (subject) => {
        const value: unknown = subject[property];
        return (value === undefined ? ofNothing : matches(scalarOf(value))) !== isNegated;
      };
    }
  }
}

type Pairs = Readonly<Record<string, string>>;
type Matches = (value: Scalar) => boolean;
const NO_PAIRS: Pairs = {};
const NO_TEXTS: readonly string[] = [];

/** A value as it is compared, by the type of its field. */
const SCALARS: Readonly<Record<ScalarType, (value: unknown) => Scalar>> = {
  text: (value) => foldCase(value as string),
  number: (value) => value as number,
  instant: (value) => (value as Date).getTime(),
  flag: (value) => value as boolean,
};

const textsFolded = new WeakMap<readonly string[], readonly string[]>();
const namesToFold = new WeakMap<Pairs, readonly string[]>();

/** Undefined when there is none. Folded once for each subject, of which nothing changes: fifty filters may ask about its tags. */
function isAny(texts: readonly string[], matches: Matches): boolean | undefined {
  if (texts.length === 0) return undefined;
  let folded = textsFolded.get(texts);
  if (folded === undefined) textsFolded.set(texts, (folded = texts.map(foldCase)));
  for (const text of folded) if (matches(text)) return true;
  return false;
}

/** The same of what stands under a name in whatever case. Most names need no folding; those that do are looked through. */
function isAnyUnder(pairs: Pairs, key: string, matches: Matches): boolean | undefined {
  // Not what every object has by nature, which is never a text.
  const own: unknown = pairs[key];
  let isThere = typeof own === 'string';
  if (typeof own === 'string' && matches(foldCase(own))) return true;
  let names = namesToFold.get(pairs);
  if (names === undefined)
    namesToFold.set(pairs, (names = Object.keys(pairs).filter((name) => foldCase(name) !== name)));
  for (const name of names) {
    if (name.length !== key.length || foldCase(name) !== key) continue;
    if (matches(foldCase(pairs[name] ?? ''))) return true;
    isThere = true;
  }
  return isThere ? false : undefined;
}

function matcherOf(test: Test): Matches {
  switch (test.kind) {
    case 'absent':
      return () => false;
    case 'among': {
      const values = new Set(test.values);
      const [only] = test.values;
      return values.size === 1 ? (value) => value === only : (value) => values.has(value);
    }
    case 'like':
      return (value) => isLike(String(value), test.segments);
    case 'order':
      return (value) => isOrdered(compareScalars(value, test.value), test.operator);
  }
}

function compareScalars(a: Scalar, b: Scalar): number {
  return typeof a === 'string' && typeof b === 'string' ? compareTexts(a, b) : Number(a) - Number(b);
}

function isOrdered(difference: number, operator: OrderOperator): boolean {
  switch (operator) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
  }
}

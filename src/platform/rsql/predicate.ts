import { bind, matchesAbsence, type BoundNode, type BoundTest, type Test } from './bound';
import type { Catalogue, Field } from './field';
import { compareTexts, foldCase, isLike } from './folded-text';
import type { Scalar } from './scalar';
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
    ? (subject) => parts.every((part) => part(subject))
    : (subject) => parts.some((part) => part(subject));
}

/** One value that matches is enough. */
function testPredicate<Subject>({ field, key, test, isNegated }: BoundTest<Subject>): Predicate<Subject> {
  const matches = matcherOf(test);
  const ofNothing = matchesAbsence(test);
  return (subject) => {
    const values = valuesOf(field, key, subject);
    return (values.length === 0 ? ofNothing : values.some(matches)) !== isNegated;
  };
}

function valuesOf<Subject>(field: Field<Subject>, key: string, subject: Subject): readonly Scalar[] {
  // The catalogue's types hold property and type together, but not through a generic subject.
  const value: unknown = subject[field.property];
  if (value === undefined) return [];
  switch (field.type) {
    case 'text':
      return [foldCase(value as string)];
    case 'texts':
      return (value as readonly string[]).map(foldCase);
    case 'keyed-text':
      // Folding keeps the length, and most names differ in it.
      return Object.entries(value as Record<string, string>)
        .filter(([name]) => name.length === key.length && foldCase(name) === key)
        .map(([, text]) => foldCase(text));
    case 'instant':
      return [(value as Date).getTime()];
    default:
      return [value as number | boolean];
  }
}

function matcherOf(test: Test): (value: Scalar) => boolean {
  switch (test.kind) {
    case 'absent':
      return () => false;
    case 'among': {
      const values = new Set(test.values);
      return (value) => values.has(value);
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

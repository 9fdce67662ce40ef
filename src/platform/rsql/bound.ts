import type { Catalogue, Field, NamedField } from './field';
import { foldCase } from './folded-text';
import { quoted, RsqlFieldError, RsqlValueError } from './rsql.errors';
import { EXPECTED, scalarOf, type Scalar, type ScalarType } from './scalar';
import type { OrderOperator, RsqlComparison, RsqlJunction, RsqlNode } from './tree';

/**
 * A filter whose fields are known and whose values have their type. SQL and predicate are both made of it, so what they
 * could differ in is only how a test is carried out.
 */
export type BoundNode<Subject> = BoundJunction<Subject> | BoundTest<Subject>;

export interface BoundJunction<Subject> {
  readonly kind: RsqlJunction['kind'];
  readonly parts: readonly BoundNode<Subject>[];
}

export interface BoundTest<Subject> extends NamedField<Subject> {
  readonly kind: 'test';
  readonly test: Test;
  /** Holds for exactly the subjects for which the test does not, those without a value included. */
  readonly isNegated: boolean;
}

export type Test = AmongTest | LikeTest | OrderTest | AbsentTest;

/** Is one of these. A text that is not there counts as an empty one, as in hawkBit: `name==''` finds both. */
export interface AmongTest {
  readonly kind: 'among';
  readonly values: readonly Scalar[];
}

/** Is there, and is these segments with anything between them. */
export interface LikeTest {
  readonly kind: 'like';
  readonly segments: readonly string[];
}

/** Is there, and stands so to the value. */
export interface OrderTest {
  readonly kind: 'order';
  readonly operator: OrderOperator;
  readonly value: Scalar;
}

export interface AbsentTest {
  readonly kind: 'absent';
}

/** What the test says of a subject without any value. */
export function matchesAbsence(test: Test): boolean {
  return test.kind === 'absent' || (test.kind === 'among' && test.values.includes(''));
}

/** How single values of a field are compared. */
export function scalarTypeOf<Subject>(field: Field<Subject>): ScalarType {
  return field.type === 'texts' || field.type === 'keyed-text' ? 'text' : field.type;
}

/** @throws RsqlFieldError, RsqlValueError */
export function bind<Subject>(node: RsqlNode, catalogue: Catalogue<Subject>): BoundNode<Subject> {
  if ('parts' in node) return { kind: node.kind, parts: node.parts.map((part) => bind(part, catalogue)) };
  const named = catalogue.find(node.field);
  if (named === undefined) throw new RsqlFieldError(node.fieldAt, node.field, catalogue.names());
  const isNegated = node.kind !== 'order' && node.isNegated;
  return { kind: 'test', ...named, test: testOf(node, named.field), isNegated };
}

function testOf<Subject>(node: RsqlComparison, field: Field<Subject>): Test {
  switch (node.kind) {
    case 'absent':
      return node;
    case 'match':
      return matchTest(node.segments, node.valueAt, field);
    case 'list':
      return { kind: 'among', values: node.values.map((value) => wordOf(value, node.valueAt, field)) };
    case 'order':
      if (field.type === 'flag')
        throw new RsqlValueError(node.valueAt, `${field.name} is true or false and has no order`);
      return { kind: 'order', operator: node.operator, value: valueOf(node.value, node.valueAt, field) };
  }
}

function matchTest<Subject>(segments: readonly string[], at: number, field: Field<Subject>): Test {
  if (segments.length < 2) return { kind: 'among', values: [wordOf(segments[0] ?? '', at, field)] };
  if (scalarTypeOf(field) === 'text') return { kind: 'like', segments: segments.map(foldCase) };
  const instead = `${field.name}=not=null finds those that have one`;
  throw new RsqlValueError(
    at,
    `${field.name} is ${EXPECTED[scalarTypeOf(field)]}, and takes no *; ${instead}`,
  );
}

/** A value that the field can have, where all of them are known. */
function wordOf<Subject>(written: string, at: number, field: Field<Subject>): Scalar {
  const words = field.type === 'text' ? field.words : undefined;
  const value = valueOf(written, at, field);
  if (words?.some((word) => foldCase(word) === value) === false)
    throw new RsqlValueError(at, `${field.name} is one of ${words.join(', ')}, and never ${quoted(written)}`);
  return value;
}

function valueOf<Subject>(written: string, at: number, field: Field<Subject>): Scalar {
  const type = scalarTypeOf(field);
  const value = scalarOf(type, written);
  if (value !== undefined) return value;
  throw new RsqlValueError(
    at,
    `${field.name} is compared with ${EXPECTED[type]}, and not with ${quoted(written)}`,
  );
}

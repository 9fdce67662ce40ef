import fc from 'fast-check';
import type { OrderOperator, RsqlComparison, RsqlJunction, RsqlNode } from '../../src/platform/rsql/tree';

const ORDERS: readonly OrderOperator[] = ['<', '<=', '>', '>='];

/** Any comparison of this field with these values; wildcards only where there are segments to put them between. */
export function aComparison(
  field: fc.Arbitrary<string>,
  value: fc.Arbitrary<string>,
  { isOrdered = true, segment }: { isOrdered?: boolean; segment?: fc.Arbitrary<string> } = {},
): fc.Arbitrary<RsqlComparison> {
  const places = { field, fieldAt: fc.constant(0), valueAt: fc.constant(0), isNegated: fc.boolean() };
  const segments = fc.tuple(value);
  const kinds: fc.Arbitrary<RsqlComparison>[] = [
    fc.record({ ...places, kind: fc.constant('match' as const), segments }),
    fc.record({
      ...places,
      kind: fc.constant('list' as const),
      values: fc.array(value, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ ...places, kind: fc.constant('absent' as const) }),
  ];
  if (segment !== undefined) {
    const wild = fc.array(segment, { minLength: 2, maxLength: 4 });
    const like = fc.record({ ...places, kind: fc.constant('match' as const), segments: wild });
    kinds.push(like, like);
  }
  if (isOrdered) {
    const { isNegated: _unused, ...order } = places;
    kinds.push(
      fc.record({
        ...order,
        kind: fc.constant('order' as const),
        operator: fc.constantFrom(...ORDERS),
        value,
      }),
    );
  }
  return fc.oneof(...kinds);
}

/** Filters of these comparisons, built as the parser builds them: no junction inside one of its own kind. */
export function aFilter(comparison: fc.Arbitrary<RsqlComparison>): fc.Arbitrary<RsqlNode> {
  const { node } = fc.letrec<{ node: RsqlNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      comparison,
      fc
        .tuple(
          fc.constantFrom('and' as const, 'or' as const),
          fc.array(tie('node'), { minLength: 2, maxLength: 3 }),
        )
        .map(([kind, parts]) => joined(kind, parts)),
    ),
  }));
  return node;
}

function joined(kind: RsqlJunction['kind'], parts: readonly RsqlNode[]): RsqlNode {
  return { kind, parts: parts.flatMap((part) => (part.kind === kind ? part.parts : [part])) };
}

/** The filter with all places zero, as {@link aFilter} makes them. */
export function withoutPlaces(node: RsqlNode): RsqlNode {
  if ('parts' in node) return { kind: node.kind, parts: node.parts.map(withoutPlaces) };
  return { ...node, fieldAt: 0, valueAt: 0 };
}

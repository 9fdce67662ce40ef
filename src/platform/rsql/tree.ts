/** A filter as plain values, as it was written; what its fields are is for a catalogue to say. */
export type RsqlNode = RsqlJunction | RsqlComparison;

/** Two or more parts, none of them of the same kind: `a;(b;c)` is one junction of three. */
export interface RsqlJunction {
  readonly kind: 'and' | 'or';
  readonly parts: readonly RsqlNode[];
}

export type RsqlComparison = RsqlPresence | RsqlMatch | RsqlOrder | RsqlList;

/** Where field and value stand, counted in UTF-16 units from 1: an error can point there after the parse. */
interface Places {
  readonly field: string;
  readonly fieldAt: number;
  readonly valueAt: number;
}

/** `=is=null`, negated `=not=null`. */
export interface RsqlPresence extends Places {
  readonly kind: 'absent';
  readonly isNegated: boolean;
}

/** `==` and `!=`. The segments are what stands between wildcards: one of them is a plain value, two are `a*b`. */
export interface RsqlMatch extends Places {
  readonly kind: 'match';
  readonly isNegated: boolean;
  readonly segments: readonly string[];
}

export type OrderOperator = '<' | '<=' | '>' | '>=';

export interface RsqlOrder extends Places {
  readonly kind: 'order';
  readonly operator: OrderOperator;
  readonly value: string;
}

/** `=in=`, negated `=out=`. An asterisk is an asterisk here, as in hawkBit. */
export interface RsqlList extends Places {
  readonly kind: 'list';
  readonly isNegated: boolean;
  readonly values: readonly string[];
}

/** What one filter may have; enough for people, too little to hurt. */
export const RSQL_LIMITS = { characters: 2000, depth: 16, comparisons: 64, items: 200 } as const;

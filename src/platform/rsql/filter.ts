import { bind, type BoundNode } from './bound';
import type { Catalogue } from './field';
import { parseRsql } from './parse';
import { compilePredicate } from './predicate';
import { compileSql, type SqlCondition } from './sql';

/** A filter that was checked once, to be asked often. */
export interface Filter<Subject> {
  /** The properties of a subject that the answer depends on; the others need not be read. */
  readonly reads: ReadonlySet<keyof Subject>;
  matches(subject: Subject): boolean;
  /** The condition whose parameters begin with `$startIndex`. */
  sql(startIndex: number): SqlCondition;
}

/** @throws RsqlSyntaxError, RsqlFieldError, RsqlValueError */
export function filterOf<Subject>(text: string, catalogue: Catalogue<Subject>): Filter<Subject> {
  const node = parseRsql(text);
  return {
    reads: new Set(propertiesIn(bind(node, catalogue))),
    matches: compilePredicate(node, catalogue),
    sql: (startIndex) => compileSql(node, catalogue, startIndex),
  };
}

function propertiesIn<Subject>(node: BoundNode<Subject>): (keyof Subject)[] {
  return node.kind === 'test' ? [node.field.property] : node.parts.flatMap(propertiesIn);
}

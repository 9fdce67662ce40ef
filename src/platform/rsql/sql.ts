import {
  bind,
  matchesAbsence,
  scalarTypeOf,
  type AbsentTest,
  type BoundNode,
  type BoundTest,
  type Test,
} from './bound';
import type { Catalogue } from './field';
import { likePattern } from './folded-text';
import type { Scalar, ScalarType } from './scalar';
import type { RsqlNode } from './tree';

/** A condition with its parameters; never null, so it can stand under NOT. */
export interface SqlCondition {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * The filter as SQL. What was written becomes parameters, `$startIndex` and up, and never text.
 * @throws RsqlFieldError, RsqlValueError
 */
export function compileSql<Subject>(
  node: RsqlNode,
  catalogue: Catalogue<Subject>,
  startIndex: number,
): SqlCondition {
  const parameters = new Parameters(startIndex);
  return { text: conditionOf(bind(node, catalogue), parameters), values: parameters.values };
}

class Parameters {
  readonly values: unknown[] = [];

  constructor(private readonly startIndex: number) {}

  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.startIndex + this.values.length - 1}::${type}`;
  }
}

/**
 * How a value is brought into the shape that the predicate compares. The collation names the order of bytes and the
 * case of A to Z alone, whatever the database's own would be. The driver reads microseconds as whole milliseconds.
 */
const COMPARED: Readonly<Record<ScalarType, (sql: string) => string>> = {
  text: (sql) => `lower((${sql}) COLLATE "C")`,
  number: (sql) => `(${sql})::float8`,
  instant: (sql) => `date_trunc('milliseconds', ${sql})`,
  flag: (sql) => `(${sql})`,
};
const SQL_TYPE: Readonly<Record<ScalarType, string>> = {
  text: 'text',
  number: 'float8',
  instant: 'timestamptz',
  flag: 'boolean',
};

function conditionOf<Subject>(node: BoundNode<Subject>, parameters: Parameters): string {
  if (node.kind !== 'test')
    return `(${node.parts.map((part) => conditionOf(part, parameters)).join(node.kind === 'and' ? ' AND ' : ' OR ')})`;
  const { field } = node;
  const isMany = field.type === 'texts' || field.type === 'keyed-text';
  const condition = isMany ? manyCondition(node, parameters) : oneCondition(node, parameters);
  return node.isNegated ? `NOT ${condition}` : condition;
}

function oneCondition<Subject>({ field, test }: BoundTest<Subject>, parameters: Parameters): string {
  if (test.kind === 'absent') return `(${field.sql} IS NULL)`;
  const type = scalarTypeOf(field);
  const condition = comparison(COMPARED[type](field.sql), type, test, parameters);
  return `coalesce(${condition}, ${matchesAbsence(test)})`;
}

function manyCondition<Subject>({ field, key, test }: BoundTest<Subject>, parameters: Parameters): string {
  const rows =
    field.type === 'texts'
      ? `SELECT 1 FROM unnest(${field.sql}) AS item (value) WHERE true`
      : `SELECT 1 FROM jsonb_each_text(${field.sql}) AS item (key, value)
          WHERE ${COMPARED.text('item.key')} = ${parameters.add(key, 'text')}`;
  if (test.kind === 'absent') return `(NOT EXISTS (${rows}))`;
  const condition = comparison(COMPARED.text('item.value'), 'text', test, parameters);
  const isThere = `EXISTS (${rows} AND ${condition})`;
  return matchesAbsence(test) ? `(${isThere} OR NOT EXISTS (${rows}))` : isThere;
}

function comparison(
  sql: string,
  type: ScalarType,
  test: Exclude<Test, AbsentTest>,
  parameters: Parameters,
): string {
  switch (test.kind) {
    case 'among':
      return `${sql} = ANY(${parameters.add(
        test.values.map((value) => parameterOf(type, value)),
        `${SQL_TYPE[type]}[]`,
      )})`;
    case 'like':
      return `${sql} LIKE ${parameters.add(likePattern(test.segments), 'text')}`;
    case 'order':
      return `${sql} ${test.operator} ${parameters.add(parameterOf(type, test.value), SQL_TYPE[type])}`;
  }
}

function parameterOf(type: ScalarType, value: Scalar): Scalar {
  return type === 'instant' ? new Date(Number(value)).toISOString() : value;
}

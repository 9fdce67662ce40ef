import type { RsqlComparison, RsqlNode } from './tree';

/** Needs no quotes: no reserved character, no wildcard, nothing that a shell or a URL would change. */
const BARE = /^[\w.:-]+$/;

/** The filter as text that {@link parseRsql} reads as the same filter; one filter is printed in one way. */
export function printRsql(node: RsqlNode): string {
  switch (node.kind) {
    case 'or':
      return node.parts.map(printRsql).join(',');
    case 'and':
      return node.parts
        .map((part) => (part.kind === 'or' ? `(${printRsql(part)})` : printRsql(part)))
        .join(';');
    default:
      return printField(node.field) + printComparison(node);
  }
}

function printComparison(comparison: RsqlComparison): string {
  switch (comparison.kind) {
    case 'absent':
      return comparison.isNegated ? '=not=null' : '=is=null';
    case 'match':
      return (comparison.isNegated ? '!=' : '==') + printValue(comparison.segments);
    case 'order':
      return comparison.operator + printValue([comparison.value]);
    case 'list': {
      const values = comparison.values.map((value) => printValue([value]));
      return `${comparison.isNegated ? '=out=' : '=in='}(${values.join(',')})`;
    }
  }
}

function printValue(segments: readonly string[]): string {
  if (segments.every((segment) => segment === '' || BARE.test(segment)) && segments.join('*') !== '')
    return segments.join('*');
  return `'${segments.map((segment) => segment.replace(/['\\*]/g, '\\$&')).join('*')}'`;
}

/** A field cannot be quoted, so what is odd in its name is escaped. */
function printField(name: string): string {
  return name.replace(/[ \t\r\n"'();,=<>!\\*]/g, '\\$&');
}

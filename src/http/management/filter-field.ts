import { RSQL_LIMITS } from '../../platform/rsql/tree';
import { TextField } from '../shared/validators/text-field';

/** A filter in RSQL. How it is written is for its parser to judge, which can say where it went wrong. */
export function FilterField(fields: readonly string[], options: { example: string }): PropertyDecorator {
  const description =
    'A filter in RSQL: `==` and `!=` with `*` for anything, `<`, `<=`, `>`, `>=`, `=in=(a,b)`, `=out=(a,b)`, ' +
    '`=is=null`, `=not=null`; joined by `;` or `and`, `,` or `or`, and parentheses. The case of A to Z does not ' +
    `count. The fields: ${fields.map((field) => `\`${field}\``).join(', ')}.`;
  return TextField({
    ...options,
    description,
    optional: true,
    most: RSQL_LIMITS.characters,
    isMultiline: true,
  });
}

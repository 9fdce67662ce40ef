import fc from 'fast-check';
import { aComparison, aFilter, withoutPlaces } from '../../../test/support/a-filter';
import { parseRsql } from './parse';
import { printRsql } from './print';
import { RsqlSyntaxError } from './rsql.errors';
import { RSQL_LIMITS } from './tree';

const RUNS = { numRuns: 500 };

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((one) => !/[\0\p{Cs}]/u.test(one)),
  fc.string({ unit: fc.constantFrom(...`aA* \t\n\\'"();,=<>!~%_ä🦜`), maxLength: 6 }),
  fc.constantFrom('and', 'OR', 'null', '*'),
);
const name = text.filter((one) => one !== '');
const filter = aFilter(aComparison(name, text, { segment: text }));

/** What filters are made of, in no order: more often nearly right than plain noise. */
const scraps = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom('a==1', 'a==1', ';', ',', '(', ')', ' and ', ' or ', '=in=(1,2)'),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('a', '==', '=is=null', "'", '"', '\\', '*', '<', '=', '!', ' '),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('parseRsql', () => {
  it('reads what printRsql wrote as what it was', () => {
    fc.assert(
      fc.property(filter, (node) => {
        const printed = printRsql(node);
        fc.pre(printed.length <= RSQL_LIMITS.characters);
        expect(withoutPlaces(parseRsql(printed))).toEqual(node);
      }),
      RUNS,
    );
  });

  it('throws nothing but its own error, which points into the text, and prints whatever it can read', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: scraps }, fc.string({ unit: 'binary' })), (written) => {
        try {
          const node = parseRsql(written);
          expect(withoutPlaces(parseRsql(printRsql(node)))).toEqual(withoutPlaces(node));
          read += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(RsqlSyntaxError);
          const { position } = error as RsqlSyntaxError;
          expect(position).toBeGreaterThanOrEqual(1);
          expect(position).toBeLessThanOrEqual(written.length + 1);
        }
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(5);
  });

  it('reads the same whatever blanks stand around the signs', () => {
    const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n'), maxLength: 3 });
    fc.assert(
      fc.property(fc.array(blank, { minLength: 9, maxLength: 9 }), (blanks) => {
        const signs = ['(', 'a', '==', 'b', ',', 'c', '!=', 'd', ')'];
        const spaced = signs.map((sign, index) => `${blanks[index] ?? ''}${sign}`).join('');
        expect(withoutPlaces(parseRsql(spaced))).toEqual(withoutPlaces(parseRsql('(a==b,c!=d)')));
      }),
    );
  });
});

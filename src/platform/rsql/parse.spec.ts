import { parseRsql } from './parse';
import { RsqlSyntaxError } from './rsql.errors';
import { RSQL_LIMITS, type RsqlNode } from './tree';

/** The filter with its places left out, as nested lists: what was understood, at a glance. */
function understood(text: string): unknown {
  return outline(parseRsql(text));
}

function outline(node: RsqlNode): unknown {
  switch (node.kind) {
    case 'absent':
      return [node.field, node.isNegated ? 'there' : 'absent'];
    case 'match':
      return [node.field, node.isNegated ? '!=' : '==', ...node.segments];
    case 'order':
      return [node.field, node.operator, node.value];
    case 'list':
      return [node.field, node.isNegated ? 'out' : 'in', ...node.values];
    default:
      return { [node.kind]: node.parts.map(outline) };
  }
}

function errorOf(text: string): RsqlSyntaxError {
  try {
    parseRsql(text);
  } catch (error) {
    if (error instanceof RsqlSyntaxError) return error;
    throw error;
  }
  throw new Error(`${text.slice(0, 100)} is a filter`);
}

const A = ['a', '==', '1'];
const B = ['b', '==', '2'];
const C = ['c', '==', '3'];

describe('a comparison', () => {
  it.each([
    ['a==1', A],
    ['a!=1', ['a', '!=', '1']],
    ['a=lt=1', ['a', '<', '1']],
    ['a<1', ['a', '<', '1']],
    ['a=le=1', ['a', '<=', '1']],
    ['a<=1', ['a', '<=', '1']],
    ['a=gt=1', ['a', '>', '1']],
    ['a>1', ['a', '>', '1']],
    ['a=ge=1', ['a', '>=', '1']],
    ['a>=1', ['a', '>=', '1']],
    ['a=GE=1', ['a', '>=', '1']],
    ['a=in=(1,2)', ['a', 'in', '1', '2']],
    ['a=In=( 1 , 2 )', ['a', 'in', '1', '2']],
    ['a=in=1', ['a', 'in', '1']],
    ['a=out=(1)', ['a', 'out', '1']],
    ['a=is=null', ['a', 'absent']],
    ['a=eq=NULL', ['a', 'absent']],
    ['a=not=null', ['a', 'there']],
    ['a=ne=null', ['a', 'there']],
    ['a=is=b', ['a', '==', 'b']],
    ['a=not=b*', ['a', '!=', 'b', '']],
    ['a==null', ['a', '==', 'null']],
    [' a \t==\r\n 1 ', A],
    ['attribute.HW_Rev==1', ['attribute.HW_Rev', '==', '1']],
    ['größe==1', ['größe', '==', '1']],
    ['a\\ \\(b\\)==1', ['a (b)', '==', '1']],
    ['and==1', ['and', '==', '1']],
  ])('%j', (text, expected) => {
    expect(understood(text)).toEqual(expected);
  });

  it.each([
    ["a=='x y'", ['x y']],
    ['a=="x y"', ['x y']],
    [`a=="it's"`, ["it's"]],
    [`a=='say "hi"'`, ['say "hi"']],
    ["a=='it\\'s'", ["it's"]],
    ['a=="\\\\"', ['\\']],
    ['a==C:\\\\x', ['C:\\x']],
    ["a==''", ['']],
    ["a=='a;b,(c)=<>!'", ['a;b,(c)=<>!']],
    ["a=='two\nlines'", ['two\nlines']],
    ['a==🦜ö', ['🦜ö']],
    ['a==\\🦜', ['🦜']],
    ['a==2026-11-21T12:00:00Z', ['2026-11-21T12:00:00Z']],
    ['a==-1.5', ['-1.5']],
    ['a==~b', ['~b']],
    ['a==or', ['or']],
    ["a=='and'", ['and']],
    ['a==*', ['', '']],
    ['a==x*', ['x', '']],
    ['a==*x', ['', 'x']],
    ["a=='* *'", ['', ' ', '']],
    ['a==a**b', ['a', '', 'b']],
    ['a==a\\*b', ['a*b']],
    ["a=='a\\**'", ['a*', '']],
    ['a==a%b_', ['a%b_']],
  ])('%j has its value', (text, segments) => {
    expect(understood(text)).toEqual(['a', '==', ...segments]);
  });

  it('takes an asterisk for itself where wildcards have no meaning', () => {
    expect(understood('a=in=(*,x*y,\\*)')).toEqual(['a', 'in', '*', 'x*y', '*']);
    expect(understood('a<*b')).toEqual(['a', '<', '*b']);
  });

  it('knows where field and value stand', () => {
    expect(parseRsql('a==1; bc =in= (2)')).toMatchObject({
      parts: [
        { fieldAt: 1, valueAt: 4 },
        { fieldAt: 7, valueAt: 15 },
      ],
    });
  });
});

describe('a junction', () => {
  it.each([
    ['a==1;b==2', { and: [A, B] }],
    ['a==1 and b==2', { and: [A, B] }],
    ['a==1 AND b==2', { and: [A, B] }],
    ["a=='1'and b==2", { and: [A, B] }],
    ['a==1,b==2', { or: [A, B] }],
    ['a==1 Or b==2', { or: [A, B] }],
    ['a==1;b==2;c==3', { and: [A, B, C] }],
    ['a==1;b==2,c==3', { or: [{ and: [A, B] }, C] }],
    ['a==1,b==2;c==3', { or: [A, { and: [B, C] }] }],
    ['a==1 or b==2 and c==3', { or: [A, { and: [B, C] }] }],
    ['(a==1,b==2);c==3', { and: [{ or: [A, B] }, C] }],
    ['a==1;(b==2,c==3)', { and: [A, { or: [B, C] }] }],
    ['a==1;(b==2;c==3)', { and: [A, B, C] }],
    ['((a==1,b==2)),c==3', { or: [A, B, C] }],
    [' ( ( a==1 ) ) ', A],
    ['(a==1)and(b==2)', { and: [A, B] }],
  ])('%j', (text, expected) => {
    expect(understood(text)).toEqual(expected);
  });
});

describe('what is no filter', () => {
  const operators = 'expected ==, !=, <, <=, >, >=, =in=, =out=, =is= or =not=';
  const value = 'expected a value; an empty one is written as two quotes';
  it.each([
    ['', 1, 'expected a field or an opening parenthesis, found the end'],
    ['   ', 4, 'expected a field or an opening parenthesis, found the end'],
    ['a', 2, `${operators}, found the end`],
    ['a b==1', 3, `${operators}, found "b"`],
    ['a=1', 2, `${operators}, found "=1"`],
    ['a=like=1', 2, `${operators}, found "=like="`],
    ['a=xx=1', 2, `${operators}, found "=xx="`],
    ['a!1', 2, `${operators}, found "!1"`],
    ['a==', 4, `${value}, found the end`],
    ['a==;b==1', 4, `${value}, found ";"`],
    ['a==(1)', 4, `${value}, found "("`],
    ['a===1', 4, `${operators}, found "=1"`],
    ['a<>1', 3, `${value}, found ">"`],
    ['a=in=()', 7, `${value}, found ")"`],
    ['a=in=(1,)', 9, `${value}, found ")"`],
    ['a=in=(1', 8, 'expected a comma or a closing parenthesis, found the end'],
    ['a=in=(1 2)', 9, 'expected a comma or a closing parenthesis, found "2"'],
    ['a==1 b==2', 6, 'expected and, or, or the end, found "b"'],
    ["a==1 'and' b==2", 6, `expected and, or, or the end, found "'and'"`],
    ['a==1)', 5, 'expected and, or, or the end, found ")"'],
    ['a==1;', 6, 'expected a field or an opening parenthesis, found the end'],
    ['a==1;;b==2', 6, 'expected a field or an opening parenthesis, found ";"'],
    [';a==1', 1, 'expected a field or an opening parenthesis, found ";"'],
    ["'a'==1", 1, `expected a field or an opening parenthesis, found "'a'"`],
    ['()', 2, 'expected a field or an opening parenthesis, found ")"'],
    ['(a==1', 6, 'expected and, or, or a closing parenthesis, found the end'],
    ['(a==1 b==2)', 7, 'expected and, or, or a closing parenthesis, found "b"'],
    ["a=='x", 4, "this quote (') is never closed"],
    ['a==1,b=="x\\"', 9, 'this quote (") is never closed'],
    ['a==x\\', 5, 'nothing follows this backslash'],
    ['a=="x\\', 6, 'nothing follows this backslash'],
    ['a==x\u0000', 5, 'no text can hold this character'],
    ['a==\ud83e', 4, 'no text can hold this character'],
    [`a ${'ä'.repeat(60)}`, 3, `${operators}, found "${'ä'.repeat(40)}…"`],
    ["a 'x\ny'", 3, `${operators}, found "'x\\ny'"`],
  ])('%j', (text, position, fault) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ kind: 'invalid', code: 'rsql_syntax', position });
    expect(error.message).toBe(`The filter is wrong at character ${position}: ${fault}.`);
    expect(error.why).toBe(fault);
  });
});

describe('the limits', () => {
  const nested = (depth: number): string => `${'('.repeat(depth)}a==1${')'.repeat(depth)}`;
  const many = (count: number, joint: string): string => Array(count).fill('a==1').join(joint);
  const list = (count: number): string => `a=in=(${Array(count).fill('1').join(',')})`;

  it('holds what they allow', () => {
    const { characters, depth, comparisons, items } = RSQL_LIMITS;
    expect(understood(`a==${'x'.repeat(characters - 3)}`)).toHaveLength(3);
    expect(understood(nested(depth))).toEqual(A);
    expect(understood(many(comparisons, ';'))).toHaveProperty(['and', comparisons - 1]);
    expect(understood(list(items))).toHaveLength(items + 2);
    // Beside each other, not inside.
    expect(understood(Array(20).fill('(a==1)').join(';'))).toHaveProperty(['and', 19]);
  });

  it.each([
    ['length', `a==${'x'.repeat(1998)}`, 2001, 'it is 2001 characters long, and at most 2000 are possible'],
    ['depth', nested(17), 17, 'at most 16 parentheses can stand inside each other'],
    ['comparisons', many(65, ','), 64 * 5 + 1, 'at most 64 comparisons are possible'],
    ['list', list(201), 6 + 400 + 1, 'a list has at most 200 values'],
  ])('ends at the %s', (_what, text, position, fault) => {
    expect(errorOf(text).message).toBe(`The filter is wrong at character ${position}: ${fault}.`);
  });

  it.each([
    ['parentheses', '('.repeat(100_000)],
    ['equals signs', '='.repeat(100_000)],
    ['quotes', `a==${'"'.repeat(100_000)}`],
    ['stars', `a==${'*'.repeat(100_000)}`],
    ['blanks', ' '.repeat(100_000)],
    ['backslashes', '\\'.repeat(100_000)],
    ['comparisons', many(20_000, ',')],
    // Sooner than Jest gives a test up, which all of it would not be if any of it took more than linear time.
  ])('refuses 100 000 characters of %s, and reads or refuses the first 2 000', (_what, text) => {
    expect(errorOf(text).message).toContain('characters long');
    for (let times = 0; times < 20; times += 1) {
      try {
        parseRsql(text.slice(0, RSQL_LIMITS.characters));
      } catch (error) {
        expect(error).toBeInstanceOf(RsqlSyntaxError);
      }
    }
  });
});

import { aThing, THINGS, type Thing } from '../../../test/support/a-thing';
import { Catalogue } from './field';
import { filterOf } from './filter';
import { RsqlError } from './rsql.errors';

const at = (time: string): Date => new Date(`2026-11-21T${time}Z`);

const FULL = aThing({
  name: 'Röntgen 7*',
  tags: ['lab', 'ÖST', ''],
  labels: { Region: 'EU', 'hw.rev': '4.2', region: 'us', ['__proto__']: 'odd' },
  size: 7.5,
  seenAt: at('12:00:00.500'),
  isOn: false,
});
const EMPTY = aThing();
const BLANK = aThing({ name: '', labels: { region: '' } });

const matches = (text: string, thing: Thing): boolean => filterOf(text, THINGS).matches(thing);

describe('a filter matches', () => {
  it.each([
    // Text.
    ["name=='röntgen 7\\*'", true, false, false],
    ["name=='RöNTGEN 7\\*'", true, false, false],
    ["name=='RÖNTGEN 7\\*'", false, false, false],
    ["name!='röntgen 7\\*'", false, true, true],
    ['id==r*7*', true, false, false],
    ['name==*', true, false, true],
    ['name!=*', false, true, false],
    ["name==''", false, true, true],
    ["name!=''", true, false, false],
    ['name=is=null', false, true, false],
    ['name=not=null', true, false, true],
    ["name=in=(x,'')", false, true, true],
    ["name=out=(x,'')", true, false, false],
    ['name=in=(*)', false, false, false],
    ['name=out=(x)', true, true, true],
    ['name<s', true, false, true],
    ['name>=r', true, false, false],
    ["name<=''", false, false, true],
    ["name>''", true, false, false],
    ['kind==SMALL', true, true, true],
    ['kind!=large', true, true, true],
    ['kind==l*', false, false, false],
    // Several texts: one is enough.
    ['tag==LAB', true, false, false],
    ['tag!=lab', false, true, true],
    ['tag==ÖST', true, false, false],
    ['tag==öst', false, false, false],
    ['tag==l*', true, false, false],
    ['tag=in=(x,lab)', true, false, false],
    ['tag=out=(x,lab)', false, true, true],
    ["tag==''", true, true, true],
    ["tag!=''", false, false, false],
    ['tag=is=null', false, true, true],
    ['tag>k', true, false, false],
    // Keyed texts: the case of the key does not count, so there may be several.
    ['label.region==eu', true, false, false],
    ['LABEL.REGION==US', true, false, false],
    ['label.region!=eu', false, true, true],
    ['label.region==*', true, false, true],
    ["label.region==''", false, true, true],
    ['label.region=is=null', false, true, false],
    ['label.hw.rev==4.*', true, false, false],
    ['label.__proto__==odd', true, false, false],
    ['label.constructor=is=null', true, true, true],
    ['label.toString==*', false, false, false],
    // The others.
    ['size==7.50', true, false, false],
    ['size!=7.5', false, true, true],
    ['size<8', true, false, false],
    ['size>=7.5', true, false, false],
    ['size>7.5', false, false, false],
    ['size=in=(1,7.5)', true, false, false],
    ['size=is=null', false, true, true],
    ['seenAt==2026-11-21T12:00:00.5Z', true, false, false],
    ['seenAt<2026-11-21T12:00:00.501Z', true, false, false],
    ['seenAt<=2026-11-21T12:00:00.499Z', false, false, false],
    ['seenAt>2026-11-21', true, false, false],
    ['seenAt=gt=1795219200000', true, false, false],
    ['seenAt=not=null', true, false, false],
    ['on==false', true, false, false],
    ['on==True', false, false, false],
    ['on!=true', true, true, true],
    ['on=out=(true,false)', false, true, true],
    // Together.
    ['on==false;size>7', true, false, false],
    ['on==true,name==*', true, false, true],
    ['(on==true or name==*) and size<1', false, false, false],
  ])('%s: %j, %j without anything, %j with blanks', (text, full, empty, blank) => {
    expect([FULL, EMPTY, BLANK].map((thing) => matches(text, thing))).toEqual([full, empty, blank]);
  });
});

describe('a filter cannot', () => {
  const fields = 'kind, label.<name>, name, on, seenAt, size, tag';
  const instant = 'an instant: 2026-11-21T12:00:00Z, 2026-11-21, or milliseconds since 1970';
  it.each([
    ['nam==1', 1, `there is no field "nam"; there are ${fields}`],
    ['name==1;(label==1)', 10, `there is no field "label"; there are ${fields}`],
    ['label.==1', 1, `there is no field "label."; there are ${fields}`],
    ['name.x==1', 1, `there is no field "name.x"; there are ${fields}`],
    ['constructor==1', 1, `there is no field "constructor"; there are ${fields}`],
    ['size==', 7, 'expected a value; an empty one is written as two quotes, found the end'],
    ['size==big', 7, 'size is compared with a number, like -7.5, and not with "big"'],
    ["size==''", 7, 'size is compared with a number, like -7.5, and not with ""'],
    ['size=in=(1,x)', 9, 'size is compared with a number, like -7.5, and not with "x"'],
    ['size=gt=x', 9, 'size is compared with a number, like -7.5, and not with "x"'],
    ['SEENAT<now', 8, `seenAt is compared with ${instant}, and not with "now"`],
    ['seenAt==2026*', 9, `seenAt is ${instant}, and takes no *; seenAt=not=null finds those that have one`],
    ['on==1', 5, 'on is compared with true or false, and not with "1"'],
    ['on<true', 4, 'on is true or false and has no order'],
    ['kind==medium', 7, 'kind is one of small, Large, and never "medium"'],
    ['kind=out=(small,x)', 10, 'kind is one of small, Large, and never "x"'],
  ])('%s', (text, position, fault) => {
    let error: unknown;
    try {
      filterOf(text, THINGS);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RsqlError);
    expect(error).toMatchObject({ kind: 'invalid', position });
    expect((error as RsqlError).message).toBe(`The filter is wrong at character ${position}: ${fault}.`);
  });

  it.each([
    ['a=', 'rsql_syntax'],
    ['nam==1', 'rsql_field'],
    ['size==x', 'rsql_value'],
  ])('%s, with the code %s', (text, code) => {
    expect(() => filterOf(text, THINGS)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the SQL of a filter', () => {
  it('holds nothing that was written, but parameters from the index that is asked for', () => {
    const nasty = `x'"); DROP TABLE device; -- $1`;
    const value = `"${nasty.replaceAll('"', '\\"')}"`;
    const key = nasty.replace(/[^\w$.-]/g, '\\$&');
    const filter = filterOf(`name==${value};tag!=${value},label.${key}=in=(${value}),name>=${value}`, THINGS);
    const { text, values } = filter.sql(5);
    expect(text).not.toMatch(/drop/i);
    const written = nasty.toLowerCase();
    expect(values).toEqual([[written], [written], written, [written], written]);
    expect([...text.matchAll(/\$(\d+)::/g)].map(([, index]) => index)).toEqual(['5', '6', '7', '8', '9']);
  });

  it('is the same each time', () => {
    const filter = filterOf('name==a*,size=in=(1,2);seenAt>0', THINGS);
    expect(filter.sql(1)).toEqual(filter.sql(1));
    expect(filter.sql(1).values).toEqual(['a%', [1, 2], '1970-01-01T00:00:00.000Z']);
  });
});

it('a filter tells which properties it reads', () => {
  expect(filterOf('ID==1;(label.a==1,label.b==1);on==true', THINGS).reads).toEqual(
    new Set(['name', 'labels', 'isOn']),
  );
});

it('a catalogue refuses two fields of one name', () => {
  const field = { type: 'text', property: 'name', sql: 't.name' } as const;
  const two = [
    { ...field, name: 'a' },
    { ...field, name: 'b', aliases: ['A'] },
  ];
  expect(() => new Catalogue<Thing>(two)).toThrow('two fields are called A');
});

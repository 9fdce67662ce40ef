import fc from 'fast-check';
import { anArtifact } from '../../../../test/support/a-artifact';
import { etagOf, isExpected, isKnown, isSameFile } from './conditions';

const SHA1 = 'a'.repeat(40);
const BODY = '{"config":{"polling":{"sleep":"00:05:00"}}}';

/** What hostile and careless clients write into such headers. */
const aList = fc
  .array(fc.oneof(fc.constantFrom(',', '"', 'W/', '*', ' ', SHA1, `"${SHA1}"`), fc.string()))
  .map((pieces) => pieces.join(''));
const LONG = ['"', ',', 'W/', `"${'b'.repeat(39)}`, ' ', '",', '*,'];

describe('etagOf', () => {
  it('is one quoted word, the same for the same bytes and another for others', () => {
    expect(etagOf(BODY)).toMatch(/^"[0-9a-f]{40}"$/);
    expect(etagOf(Buffer.from(BODY))).toBe(etagOf(BODY));
    expect(etagOf(BODY.replace('5', '4'))).not.toBe(etagOf(BODY));
  });
});

describe('isKnown', () => {
  const etag = etagOf(BODY);

  it.each([[etag], [`W/${etag}`], ['*'], [' * '], [`"other", ${etag}`], [`W/"a,b",W/${etag},"c"`]])(
    'takes If-None-Match: %s for a match',
    (header) => {
      expect(isKnown(header, etag)).toBe(true);
    },
  );

  it.each([
    [undefined],
    [''],
    ['"other"'],
    [etag.slice(1, -1)],
    [etag.toUpperCase()],
    [`"x${etag.slice(1)}`],
  ])('takes If-None-Match: %s for none', (header) => {
    expect(isKnown(header, etag)).toBe(false);
  });

  it('finds the tag in every list that holds it, and in no list of others', () => {
    const tag = fc.tuple(fc.constantFrom('', 'W/'), fc.stringMatching(/^[!#-~]{0,20}$/));
    fc.assert(
      fc.property(fc.array(tag), fc.boolean(), (tags, isThere) => {
        const list = tags.map(([weak, text]) => `${weak}"${text}"`);
        if (isThere) list.splice(list.length / 2, 0, etag);
        expect(isKnown(list.join(', '), etag)).toBe(isThere);
      }),
    );
  });

  it.each(LONG)('comes to an end of a million of %j', (piece) => {
    expect(isKnown(piece.repeat(1_000_000), etag)).toBeDefined();
  });
});

describe('isExpected', () => {
  it.each([
    [undefined],
    ['*'],
    [SHA1],
    [`"${SHA1}"`],
    [`other, ${SHA1}`],
    [`"other" ,"${SHA1}"`],
    ['other,*'],
  ])('takes If-Match: %s for a match', (header) => {
    expect(isExpected(header, anArtifact())).toBe(true);
  });

  it.each([[''], ['fsjkhgjfdhg'], [`W/"${SHA1}"`], [`"${SHA1}`], [SHA1.toUpperCase()], [`${SHA1}0`], [',']])(
    'takes If-Match: %s for none',
    (header) => {
      expect(isExpected(header, anArtifact())).toBe(false);
    },
  );

  it('only ever says yes for a header that holds the sha1 or a star', () => {
    fc.assert(
      fc.property(aList, (header) => {
        if (isExpected(header, anArtifact())) expect(/[*]|a{40}/.test(header)).toBe(true);
      }),
    );
  });

  it.each(LONG)('comes to an end of a million of %j', (piece) => {
    expect(isExpected(piece.repeat(1_000_000), anArtifact())).toBeDefined();
  });
});

describe('isSameFile', () => {
  // 500 ms past the second that Last-Modified names.
  const artifact = anArtifact({ createdAt: new Date('2026-11-21T12:00:00.500Z') });

  it.each([
    [undefined],
    [`"${SHA1}"`],
    [SHA1],
    ['Sat, 21 Nov 2026 12:00:00 GMT'],
    ['Sat, 21 Nov 2026 12:00:01 GMT'],
  ])('takes If-Range: %s for this file', (header) => {
    expect(isSameFile(header, artifact)).toBe(true);
  });

  it.each([
    [''],
    ['*'],
    ['"other"'],
    [`W/"${SHA1}"`],
    ['Sat, 21 Nov 2026 11:59:59 GMT'],
    ['Sat, 99 Nov 2026 12:00:00 GMT'],
    ['Saturday, 21-Nov-26 12:00:00 GMT'],
    ['2030'],
    ['2030-01-01T00:00:00Z'],
  ])('takes If-Range: %s for another', (header) => {
    expect(isSameFile(header, artifact)).toBe(false);
  });

  it('never throws, and never takes anything but tag and date', () => {
    fc.assert(
      fc.property(aList, (header) => {
        expect(isSameFile(header, artifact)).toBe([SHA1, `"${SHA1}"`].includes(header.trim()));
      }),
    );
  });
});

import fc from 'fast-check';
import { type ByteRange, MAX_RANGES, parseByteRange } from './byte-range';

const single = (start: number, endInclusive: number) => ({ kind: 'single', start, endInclusive });

describe('parseByteRange', () => {
  it.each([
    ['bytes=0-9', single(0, 9)],
    ['Bytes=0-9', single(0, 9)],
    ['bytes=0-0', single(0, 0)],
    ['bytes=90-', single(90, 99)],
    ['bytes=0-', single(0, 99)],
    ['bytes=-10', single(90, 99)],
    ['bytes=-100', single(0, 99)],
    ['bytes=-5000', single(0, 99)],
    ['bytes=99-5000', single(99, 99)],
    ['bytes=0-18446744073709551615', single(0, 99)],
    ['bytes=007-008', single(7, 8)],
  ])('reads %s of 100 bytes as one range', (header, expected) => {
    expect(parseByteRange(header, 100)).toEqual(expected);
  });

  it.each([
    ['start at the end', 'bytes=100-'],
    ['start beyond the end', 'bytes=100-200'],
    ['start after end', 'bytes=9-0'],
    ['an empty suffix', 'bytes=-0'],
    ['no range', 'bytes='],
    ['no number', 'bytes=-'],
    ['an empty member', 'bytes=0-1,,4-5'],
    ['a trailing comma', 'bytes=0-1,'],
    ['letters (U2)', 'bytes=0-10***,9-15,16-'],
    ['letters in a member (A1)', 'bytes=1-10,hdsfjksdh'],
    ['a sign', 'bytes=+1-2'],
    ['space inside', 'bytes=1 - 2'],
    ['a fraction', 'bytes=1.0-2'],
    ['another unit', 'items=0-1'],
    ['no unit', '0-1'],
    ['an empty header', ''],
    ['numbers without end', `bytes=0-${'9'.repeat(21)}`],
    ['a header sent twice', 'bytes=0-1, bytes=4-5'],
    ['one range of several that is beyond the file', 'bytes=0-1,100-'],
    ['overlap', 'bytes=0-10,10-20'],
    ['overlap in another order', 'bytes=50-,0-9,99-'],
    ['overlap with a suffix', 'bytes=0-95,-10'],
    ['the same range twice', 'bytes=1-1,1-1'],
  ])('refuses %s', (_what, header) => {
    expect(parseByteRange(header, 100)).toEqual({ kind: 'unsatisfiable' });
  });

  it('gives the whole file when no range is asked for', () => {
    expect(parseByteRange(undefined, 100)).toEqual({ kind: 'whole' });
    expect(parseByteRange(undefined, 0)).toEqual({ kind: 'whole' });
  });

  it.each(['bytes=0-', 'bytes=0-0', 'bytes=-1', 'bytes=-0'])('refuses %s of an empty file', (header) => {
    expect(parseByteRange(header, 0)).toEqual({ kind: 'unsatisfiable' });
  });

  it('keeps several ranges in the order asked, with space after the comma', () => {
    const ranges = [
      { start: 16, endInclusive: 54 },
      { start: 0, endInclusive: 10 },
      { start: 11, endInclusive: 15 },
    ];
    expect(parseByteRange('bytes=16-, 0-10 ,11-15', 55)).toEqual({ kind: 'several', ranges });
  });

  it('takes the 150 ranges of an SWUpdate delta, and no more than the bound', () => {
    const list = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join(',')}`;
    expect(parseByteRange(list(150), 10_000)).toMatchObject({ kind: 'several' });
    expect(parseByteRange(list(MAX_RANGES), 10_000)).toMatchObject({ kind: 'several' });
    expect(parseByteRange(list(MAX_RANGES + 1), 10_000)).toEqual({ kind: 'unsatisfiable' });
  });

  it('only ever hands out ranges inside the file that do not overlap', () => {
    const number = fc.oneof(fc.nat(120).map(String), fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String));
    const spec = fc.tuple(fc.option(number), fc.option(number)).map(([a, b]) => `${a ?? ''}-${b ?? ''}`);
    const header = fc.oneof(
      fc.array(spec, { maxLength: 6 }).map((specs) => `bytes=${specs.join(',')}`),
      fc.string(),
    );
    fc.assert(
      fc.property(header, fc.nat(100), (text, sizeBytes) => {
        const requested = parseByteRange(text, sizeBytes);
        expect(requested.kind).not.toBe('whole');
        const ranges: ByteRange[] =
          requested.kind === 'several' ? requested.ranges : requested.kind === 'single' ? [requested] : [];
        const seen = new Set<number>();
        for (const { start, endInclusive } of ranges) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(endInclusive).toBeLessThan(sizeBytes);
          expect(endInclusive).toBeGreaterThanOrEqual(start);
          for (let byte = start; byte <= endInclusive; byte += 1) {
            expect(seen.has(byte)).toBe(false);
            seen.add(byte);
          }
        }
      }),
    );
  });

  it('hands a valid split of the file back as it was asked', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(cuts, (unsorted) => {
        const starts = [0, ...unsorted.sort((a, b) => a - b)];
        const ranges = starts.map((start, i) => ({ start, endInclusive: (starts[i + 1] ?? 1000) - 1 }));
        const header = `bytes=${ranges.map((r) => `${r.start}-${r.endInclusive}`).join(',')}`;
        expect(parseByteRange(header, 1000)).toEqual({ kind: 'several', ranges });
      }),
    );
  });

  it.each([',', '-', '0', '1-1,', 'bytes=', ' ', '0 ', '1-2 ,'])(
    'comes to an end of a million of %j',
    (piece) => {
      expect(() => parseByteRange(`bytes=${piece.repeat(1_000_000)}`, 1000)).not.toThrow();
    },
  );
});

import fc from 'fast-check';
import { decodeCursor, encodeCursor, pageOf, type Page } from './page';

const page = (rows: number[], limit: number): Page<string> =>
  pageOf(
    rows,
    limit,
    (row) => `key ${row}`,
    (row) => `item ${row}`,
  );

describe('pageOf', () => {
  it('has a cursor at the last item kept when one row more was read', () => {
    expect(page([1, 2, 3], 2)).toEqual({ items: ['item 1', 'item 2'], nextCursor: encodeCursor('key 2') });
  });

  it('has none on the last page', () => {
    expect(page([1, 2], 2)).toEqual({ items: ['item 1', 'item 2'] });
    expect(page([1], 2)).toEqual({ items: ['item 1'] });
    expect(page([], 2)).toEqual({ items: [] });
    expect(page([1, 2], 2)).not.toHaveProperty('nextCursor');
  });

  it('walks through everything once, in order', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 7 }), (count, limit) => {
        const all = Array.from({ length: count }, (_unused, n) => n);
        const seen: string[] = [];
        for (let after = -1; ;) {
          const rows = all.filter((n) => n > after).slice(0, limit + 1);
          const { items, nextCursor } = page(rows, limit);
          seen.push(...items);
          if (nextCursor === undefined) break;
          after = Number(decodeCursor(nextCursor).slice('key '.length));
        }
        expect(seen).toEqual(all.map((n) => `item ${n}`));
      }),
    );
  });
});

describe('a cursor', () => {
  it('gives back its key, and needs no encoding in a URL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(decodeCursor(encodeCursor(key))).toBe(key);
        expect(encodeCursor(key)).toMatch(/^[\w-]*$/);
      }),
    );
  });

  it('that nobody gave out is some text, not an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof decodeCursor(text) === 'string'));
  });
});

import { randomBytes } from 'node:crypto';
import { BufferSource } from './byte-source';
import { FormatError } from './format.error';
import { PagedSource } from './paged-source';

const BYTES = randomBytes(3_000_000);

function watched(): { paged: PagedSource; reads: [number, number][] } {
  const source = new BufferSource(BYTES);
  const reads: [number, number][] = [];
  const read = (offset: number, length: number) => {
    reads.push([offset, length]);
    return source.read(offset, length);
  };
  return { paged: new PagedSource({ size: source.size, read }, 100_000_000), reads };
}

describe('PagedSource', () => {
  it('gives the bytes of the source, whichever are asked for', async () => {
    const { paged } = watched();
    for (let at = 0; at < 400; at++) {
      const length = at % 7 === 0 ? 200_000 : (at * 7919) % 66_000;
      const offset = (at * 104_729) % (BYTES.length - length);
      expect((await paged.read(offset, length)).equals(BYTES.subarray(offset, offset + length))).toBe(true);
    }
    expect((await paged.read(BYTES.length - 5, 5)).equals(BYTES.subarray(-5))).toBe(true);
  });

  it('asks once for what lies close together', async () => {
    const { paged, reads } = watched();
    for (let at = 65_000; at < 131_000; at += 100) await paged.read(at, 50);
    expect(reads).toEqual([
      [0, 65_536],
      [65_536, 65_536],
    ]);
  });

  it('asks once for neighbouring pages', async () => {
    const { paged, reads } = watched();
    await paged.read(60_000, 70_000);
    expect(reads).toEqual([[0, 131_072]]);
  });

  it('refuses to read for ever', async () => {
    const paged = new PagedSource(new BufferSource(BYTES), 200_000);
    await paged.read(0, 10);
    await expect(paged.read(1_000_000, 190_000)).rejects.toBeInstanceOf(FormatError);
  });
});

describe('BufferSource', () => {
  it.each([
    [-1, 1],
    [5, 6],
    [11, 0],
    [0.5, 1],
    [0, -1],
    [Number.NaN, 1],
    [2 ** 60, 2 ** 60],
  ])('has no bytes at %d+%d', async (offset, length) => {
    await expect(new BufferSource(Buffer.alloc(10)).read(offset, length)).rejects.toThrow(RangeError);
  });
});

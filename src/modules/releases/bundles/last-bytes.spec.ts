import { randomBytes } from 'node:crypto';
import { BufferSource } from '../../../formats/byte-source';
import { LastBytes, withEnd } from './last-bytes';

describe('LastBytes', () => {
  const bytes = randomBytes(10_000);

  it.each([1, 7, 100, 999, 1000, 1001, 4096, 10_000])('keeps the end, in pieces of %i bytes', (piece) => {
    const last = new LastBytes(1000);
    for (let at = 0; at < bytes.length; at += piece) last.write(bytes.subarray(at, at + piece));
    expect(last.bytes.equals(bytes.subarray(-1000))).toBe(true);
  });

  it('keeps all of what is shorter, and nothing of nothing', () => {
    const last = new LastBytes(1000);
    expect(last.bytes).toHaveLength(0);
    const reused = Buffer.from('abc');
    last.write(reused);
    reused.fill(0);
    expect(last.bytes.toString()).toBe('abc');
  });
});

describe('withEnd', () => {
  const first = Buffer.from('0123456789');
  const source = withEnd(new BufferSource(Buffer.from('..........')), first.subarray(6));

  it.each([
    [0, 10, '......6789'],
    [0, 6, '......'],
    [5, 2, '.6'],
    [6, 4, '6789'],
    [8, 1, '8'],
    [3, 0, ''],
  ])('reads %i+%i, the end as it was the first time', async (offset, length, text) => {
    expect((await source.read(offset, length)).toString()).toBe(text);
  });
});

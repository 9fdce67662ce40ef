import fc from 'fast-check';
import { bucketOf, BUCKETS } from './bucket';

describe('bucketOf', () => {
  // Postgres: ('x' || left(encode(sha256(convert_to(salt || id, 'UTF8')), 'hex'), 16))::bit(64), unsigned, mod 10000.
  it.each([
    ['1', 'device-1', 9968],
    ['12', 'device-1', 3474],
    ['1', 'ÜberGerät', 4425],
    ['', '', 1652],
  ])('salt %j and controllerId %j make bucket %i', (salt, controllerId, bucket) => {
    expect(bucketOf(salt, controllerId)).toBe(bucket);
  });

  it('is a whole number from 0 to 9999, always the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (salt, controllerId) => {
        const bucket = bucketOf(salt, controllerId);
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS).toBe(true);
        expect(bucketOf(salt, controllerId)).toBe(bucket);
      }),
    );
  });

  it('spreads serial numbers evenly: chi-square over 100 cells within the 99.9 % bound', () => {
    const cells = new Array<number>(100).fill(0);
    const devices = 50_000;
    for (let n = 0; n < devices; n += 1) {
      const cell = Math.floor(bucketOf('7', `SN-${String(n).padStart(8, '0')}`) / 100);
      cells[cell] = cells[cell]! + 1;
    }
    const expected = devices / cells.length;
    const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(148.2);
  });

  it('draws anew for another salt: a tenth of the canaries of one rollout are those of another', () => {
    const ids = Array.from({ length: 20_000 }, (_unused, n) => `device-${n}`);
    const canaries = ids.filter((id) => bucketOf('1', id) < 1000);
    const again = canaries.filter((id) => bucketOf('2', id) < 1000);
    expect(again.length / canaries.length).toBeGreaterThan(0.07);
    expect(again.length / canaries.length).toBeLessThan(0.13);
  });
});

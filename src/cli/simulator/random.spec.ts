import { Random } from './random';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next());

describe('Random', () => {
  it('gives the same draws for the same name', () => {
    expect(draws(new Random(1, 'sim-7', 'faults', 2), 20)).toEqual(
      draws(new Random(1, 'sim-7', 'faults', 2), 20),
    );
  });

  it('gives other draws for another seed, device or purpose', () => {
    const first = new Random(1, 'sim-7', 'faults').next();
    expect(new Random(2, 'sim-7', 'faults').next()).not.toBe(first);
    expect(new Random(1, 'sim-8', 'faults').next()).not.toBe(first);
    expect(new Random(1, 'sim-7', 'jitter').next()).not.toBe(first);
  });

  it('is spread evenly, also over the first draws of neighbours', () => {
    const firsts = Array.from({ length: 20_000 }, (_, n) => new Random(1, `sim-${n}`).next());
    const tenths = Array.from({ length: 10 }, (_, tenth) =>
      firsts.filter((x) => Math.floor(x * 10) === tenth),
    );
    for (const tenth of tenths) expect(Math.abs(tenth.length - 2000)).toBeLessThan(200);
  });

  it('picks and ranges within bounds', () => {
    const random = new Random('bounds');
    for (let n = 0; n < 1000; n += 1) {
      expect(random.between(5, 6)).toBeGreaterThanOrEqual(5);
      expect(random.between(5, 6)).toBeLessThan(6);
      expect(['a', 'b']).toContain(random.pick(['a', 'b']));
    }
  });
});

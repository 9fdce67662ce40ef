import { Chance } from '../fuzz/chance';
import { FUZZERS } from './fuzzers';
import { sharesOf } from './shares';

describe('sharesOf', () => {
  const fuzzers = [
    { name: 'a', share: 1 },
    { name: 'b', share: 2 },
  ];

  it('gives out each input once, by the shares', () => {
    expect(sharesOf(fuzzers, 100)).toEqual([
      { name: 'a', inputs: 34 },
      { name: 'b', inputs: 66 },
    ]);
  });

  it('gives all to one that is named, and knows who is none', () => {
    expect(sharesOf(fuzzers, 100, 'b')).toEqual([{ name: 'b', inputs: 100 }]);
    expect(() => sharesOf(fuzzers, 100, 'c')).toThrow('there is no fuzzer c');
  });
});

describe('FUZZERS', () => {
  it('have names of their own', () => {
    expect(new Set(FUZZERS.map(({ name }) => name)).size).toBe(FUZZERS.length);
  });

  it('make the same input for the same seed and number', () => {
    for (const fuzzer of FUZZERS) {
      if ('run' in fuzzer) continue;
      for (const number of [1, 2, 3]) {
        const [first, second] = [1, 1].map((seed) => fuzzer.spoil(new Chance(seed, number), number));
        expect(first).toEqual(second);
      }
    }
  });
});

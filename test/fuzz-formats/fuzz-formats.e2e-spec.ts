import { runFuzzer } from './fuzz-run';
import { FUZZERS } from './fuzzers';
import { sharesOf } from './shares';

const INPUTS = 20_000;
jest.setTimeout(300_000);

describe('the readers of formats under broken files', () => {
  it.each(sharesOf(FUZZERS, INPUTS))(
    'that of $name accepts or refuses each of $inputs, in little memory and time',
    async ({ name, inputs }) => {
      const figures = await runFuzzer({ fuzzer: name, seed: 7, firstBatch: 0, inputs });
      expect(figures.faults).toEqual([]);
      expect(figures.inputs).toBe(inputs);
      // A fuzzer whose inputs all end alike proves nothing.
      expect(figures.accepted).toBeGreaterThan(inputs / 50);
      expect(figures.refused).toBeGreaterThan(inputs / 50);
    },
  );
});

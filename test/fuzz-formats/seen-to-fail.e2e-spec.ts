import { join } from 'node:path';
import type { FuzzFigures } from './fuzz-figures';
import { runFuzzer } from './fuzz-run';

jest.setTimeout(120_000);

/** Each has one fault; its first inputs are fine. */
function planted(fuzzer: string): Promise<FuzzFigures> {
  const registry = join(__dirname, 'planted-fuzzers.ts');
  return runFuzzer({ fuzzer, seed: 1, firstBatch: 0, inputs: 300, registry, patienceMs: 20_000 });
}

describe('the judge of a run of broken files', () => {
  it('is content with a reader that accepts and refuses', async () => {
    expect(await planted('sound')).toMatchObject({ inputs: 300, faults: [], refusals: 1 });
  });

  it('counts what a loop of its own has read', async () => {
    expect(await planted('loop')).toMatchObject({ inputs: 300, accepted: 99, refused: 1 });
  });

  it('lets a reader do what it has put off until the next turn', async () => {
    expect(await planted('puts off')).toMatchObject({ inputs: 300, faults: [] });
  });

  it.each([
    ['throws', /^input 1\d\d \(planted, 9 bytes, base64 \w+\): threw TypeError/],
    ['hangs', /^no end within 20000 ms in or before batch 1 of seed 1$/],
    ['slow', /^planted: \d{4,} ms of the processor for one input$/],
    ['hoards', /^batch \d: grew by \d+ MiB$/],
    ['keeps', /^batch \d: \d MiB of objects are kept$/],
    ['swells', /^batch \d: grew by \d+ MiB$/],
    ['dies', /^the process died \(3: \) in or before batch 1 of seed 1$/],
    ['pollutes', /^batch 1: the prototype of all objects was changed$/],
    ['mumbles', /: a message of 3 characters$/],
    ['beeps', /: control characters in the message "this bell rings: \\u0007"$/],
    ['misplaces', /: the place 1000: byte 1000: this is refused in words$/],
    ['depends on chunks', /: in chunks of \d+ "\d+", and whole "65536"$/],
    ['loop', /^batch 1: Error: planted$/],
  ])('cries at a reader that %s', async (name, cry) => {
    const { faults } = await planted(name);
    expect(faults[0]).toMatch(cry);
  });
});

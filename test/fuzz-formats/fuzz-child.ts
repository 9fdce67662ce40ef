import type { FormatFuzzer, LoopFuzzer } from './format-fuzzer';
import type { FuzzErrand } from './fuzz-figures';
import { FuzzLines } from './fuzz-lines';

/** The process of one fuzzer; `fuzz-run.ts` starts it. */
async function main(registry: string, errand: FuzzErrand): Promise<void> {
  const { FUZZERS } = (await import(registry)) as { FUZZERS: readonly (FormatFuzzer | LoopFuzzer)[] };
  const fuzzer = FUZZERS.find(({ name }) => name === errand.fuzzer);
  if (fuzzer === undefined) throw new Error(`there is no fuzzer ${errand.fuzzer}`);
  await new FuzzLines(fuzzer, errand).run((batch, figures) => process.send?.({ batch, figures }));
}

const [registry = '', errand = ''] = process.argv.slice(2);
main(registry, JSON.parse(errand) as FuzzErrand).then(
  () => process.disconnect(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  },
);

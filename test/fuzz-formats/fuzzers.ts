import { cpioFuzzer, swuFuzzer } from './bundle-fuzzers';
import { espFuzzer } from './esp-fuzzer';
import type { FormatFuzzer, LoopFuzzer } from './format-fuzzer';
import { fuzzRaucb } from './raucb';
import { signatureFuzzer } from './signature-fuzzer';
import { jsonFuzzer, libconfigFuzzer } from './text-fuzzers';

/** All readers of formats; another is added here, and takes its share of the inputs. */
export const FUZZERS: readonly (FormatFuzzer | LoopFuzzer)[] = [
  cpioFuzzer,
  swuFuzzer,
  libconfigFuzzer,
  jsonFuzzer,
  espFuzzer,
  signatureFuzzer,
  { name: 'raucb', share: 3, run: fuzzRaucb },
];

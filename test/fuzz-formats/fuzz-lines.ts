import { setImmediate as nextTurn } from 'node:timers/promises';
import { Chance } from '../fuzz/chance';
import { readOnce, type FormatFuzzer, type LoopFuzzer, type Spoilt } from './format-fuzzer';
import {
  BATCH,
  ENOUGH_FAULTS,
  MOST_GROWTH_MIB,
  MOST_KEPT_MIB,
  MOST_MS,
  noFigures,
  type FuzzErrand,
  type FuzzFigures,
} from './fuzz-figures';
import { MemoryPeak } from './memory-peak';

const WHOLE = 65_536;
const SECOND_READING_EACH = 8;
const MOST_SHOWN_BYTES = 300;
const MOST_REFUSALS = 5000;
const WARM_UP = 300;
/** No two seeds share a batch. */
const BATCHES_PER_SEED = 1_000_003;

/** Feeds one reader, in this process, and judges what it does. */
export class FuzzLines {
  private readonly memory = new MemoryPeak();
  private readonly figures: FuzzFigures = noFigures();
  private readonly refusals = new Set<string>();
  private readonly prototypeNames = Object.getOwnPropertyNames(Object.prototype).length;

  constructor(
    private readonly fuzzer: FormatFuzzer | LoopFuzzer,
    private readonly errand: FuzzErrand,
  ) {}

  async run(report: (batch: number, figures: FuzzFigures) => void): Promise<void> {
    const { seed, firstBatch, inputs } = this.errand;
    // What is compiled and cached at first is no growth of the reader.
    await this.warmUp(seed);
    await nextTurn();
    this.memory.start();
    const lastBatch = firstBatch + Math.ceil(inputs / BATCH);
    for (let batch = firstBatch; batch < lastBatch && this.figures.faults.length < ENOUGH_FAULTS; batch++) {
      const count = Math.min(BATCH, inputs - (batch - firstBatch) * BATCH);
      await this.batch(batch, count);
      this.judgeMemory(`batch ${batch}`);
      await this.settle();
      this.judgeKept(batch);
      this.judgePrototypes(batch);
      report(batch, this.figures);
    }
  }

  /**
   * The inputs are at hand, so nothing in a batch waits. A server waits for each file, and there Node drops what it has
   * put off: the stream behind each refusal of zlib, with its buffer.
   */
  private async settle(): Promise<void> {
    await nextTurn();
    this.memory.settle();
  }

  private async warmUp(seed: number): Promise<void> {
    if ('run' in this.fuzzer) {
      await this.fuzzer.run(seed, BATCH);
      return;
    }
    for (let number = 1; number <= WARM_UP; number++) {
      const { bytes } = this.fuzzer.spoil(new Chance('warm up', number), number);
      await readOnce(this.fuzzer, bytes, WHOLE);
    }
  }

  private async batch(batch: number, count: number): Promise<void> {
    const { fuzzer } = this;
    if ('run' in fuzzer) return this.loop(fuzzer, batch, count);
    for (let at = 0; at < count; at++) await this.input(fuzzer, batch * BATCH + at);
  }

  private async loop(fuzzer: LoopFuzzer, batch: number, count: number): Promise<void> {
    const { figures } = this;
    const before = cpuMs();
    figures.inputs += count;
    try {
      const { facts, refusals } = await fuzzer.run(this.errand.seed * BATCHES_PER_SEED + batch, count);
      figures.accepted += facts;
      figures.refused += refusals;
    } catch (error) {
      this.cry(`batch ${batch}: ${String(error)}`);
    }
    this.judgeTime((cpuMs() - before) / count, `batch ${batch}`);
  }

  private async input(fuzzer: FormatFuzzer, number: number): Promise<void> {
    const spoilt = fuzzer.spoil(new Chance(this.errand.seed, fuzzer.name, number), number);
    const { how, bytes } = spoilt;
    const isLarge = bytes.length > WHOLE;
    if (isLarge) this.memory.settle();
    const before = cpuMs();
    const { kind, words } = await readOnce(fuzzer, bytes, WHOLE);
    this.judgeTime(cpuMs() - before, how);
    if (isLarge) this.judgeMemory(shown(number, spoilt));
    this.figures.inputs += 1;
    this.figures.byHow[how] = (this.figures.byHow[how] ?? 0) + 1;
    if (kind === 'fault') {
      this.cry(`${shown(number, spoilt)}: ${words}`);
      return;
    }
    this.figures[kind] += 1;
    if (kind === 'refused') this.noteRefusal(words);
    if (number % SECOND_READING_EACH === 0 && !isLarge) await this.readAgain(fuzzer, number, spoilt, words);
  }

  /** Wherever the bytes are cut, the verdict is the same. */
  private async readAgain(
    fuzzer: FormatFuzzer,
    number: number,
    spoilt: Spoilt,
    words: string,
  ): Promise<void> {
    const chunk = 1 + (number % 61);
    const again = await readOnce(fuzzer, spoilt.bytes, chunk);
    if (again.words === words) return;
    this.cry(`${shown(number, spoilt)}: in chunks of ${chunk} "${again.words}", and whole "${words}"`);
  }

  private noteRefusal(message: string): void {
    if (this.refusals.size < MOST_REFUSALS) {
      this.refusals.add(message.replace(/"(?:\\.|[^"\\])*"|[0-9a-f]{8,}|\d+/g, '.'));
    }
    this.figures.refusals = this.refusals.size;
  }

  private judgeTime(ms: number, how: string): void {
    if (ms > this.figures.slowestMs) {
      this.figures.slowestMs = Math.ceil(ms);
      this.figures.slowestHow = how;
    }
    if (ms > MOST_MS) this.cry(`${how}: ${Math.ceil(ms)} ms of the processor for one input`);
  }

  private judgeMemory(what: string): void {
    const growthMiB = Math.ceil(this.memory.growthMiB());
    this.figures.growthMiB = Math.max(this.figures.growthMiB, growthMiB);
    if (growthMiB > MOST_GROWTH_MIB) this.cry(`${what}: grew by ${growthMiB} MiB`);
  }

  private judgeKept(batch: number): void {
    const keptMiB = Math.ceil(this.memory.keptMiB());
    this.figures.keptMiB = Math.max(this.figures.keptMiB, keptMiB);
    if (keptMiB > MOST_KEPT_MIB) this.cry(`batch ${batch}: ${keptMiB} MiB of objects are kept`);
  }

  private judgePrototypes(batch: number): void {
    if (Object.getOwnPropertyNames(Object.prototype).length !== this.prototypeNames) {
      this.cry(`batch ${batch}: the prototype of all objects was changed`);
    }
  }

  private cry(fault: string): void {
    this.figures.faults.push(fault);
  }
}

/** Of all threads of this process, so that a busy machine makes no difference. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function shown(number: number, { how, bytes }: Spoilt): string {
  const start = bytes.subarray(0, MOST_SHOWN_BYTES).toString('base64');
  return `input ${number} (${how}, ${bytes.length} bytes, base64 ${start}${bytes.length > MOST_SHOWN_BYTES ? '…' : ''})`;
}

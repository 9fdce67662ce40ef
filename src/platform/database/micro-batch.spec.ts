import { BatchOverflowError, MicroBatch } from './micro-batch';

/** Reads that are answered when the test says so. */
class SlowReads {
  readonly batches: number[][] = [];
  private readonly pending: { resolve: (values: string[]) => void; reject: (why: Error) => void }[] = [];

  read = (keys: number[]): Promise<string[]> => {
    this.batches.push(keys);
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  };

  /** Answers the batch under way, each key by itself. */
  async answer(): Promise<void> {
    const values = this.batches.at(-1)?.map((key) => `value ${key}`) ?? [];
    this.pending.shift()?.resolve(values);
    await nextTurn();
  }

  async fail(why: Error): Promise<void> {
    this.pending.shift()?.reject(why);
    await nextTurn();
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('MicroBatch', () => {
  it('reads at once when idle, what came in the same turn together', async () => {
    const reads = new SlowReads();
    const batch = new MicroBatch(reads.read, 500);
    const both = Promise.all([batch.load(1), batch.load(2)]);
    await nextTurn();
    expect(reads.batches).toEqual([[1, 2]]);
    await reads.answer();
    await expect(both).resolves.toEqual(['value 1', 'value 2']);
  });

  it('gathers the next batch while one is under way', async () => {
    const reads = new SlowReads();
    const batch = new MicroBatch(reads.read, 500);
    const first = batch.load(1);
    await nextTurn();
    const others = Promise.all([batch.load(2), batch.load(3)]);
    await nextTurn();
    expect(reads.batches).toEqual([[1]]);
    await reads.answer();
    await expect(first).resolves.toBe('value 1');
    expect(reads.batches).toEqual([[1], [2, 3]]);
    await reads.answer();
    await expect(others).resolves.toEqual(['value 2', 'value 3']);
  });

  it('reads for each caller, also the same key twice', async () => {
    const reads = new SlowReads();
    const batch = new MicroBatch(reads.read, 500);
    const twice = Promise.all([batch.load(7), batch.load(7)]);
    await nextTurn();
    expect(reads.batches).toEqual([[7, 7]]);
    await reads.answer();
    await expect(twice).resolves.toEqual(['value 7', 'value 7']);
  });

  it('reads no more keys at once than it may', async () => {
    const reads = new SlowReads();
    const batch = new MicroBatch(reads.read, 2);
    const all = Promise.all([1, 2, 3, 4, 5].map((key) => batch.load(key)));
    await nextTurn();
    for (let round = 0; round < 3; round += 1) await reads.answer();
    expect(reads.batches).toEqual([[1, 2], [3, 4], [5]]);
    await expect(all).resolves.toHaveLength(5);
  });

  it('fails everybody in a batch, and nobody in the next', async () => {
    const reads = new SlowReads();
    const batch = new MicroBatch(reads.read, 500);
    const failed = Promise.allSettled([batch.load(1), batch.load(2)]);
    await nextTurn();
    const next = batch.load(3);
    const why = new Error('connection lost');
    await reads.fail(why);
    expect(await failed).toEqual([
      { status: 'rejected', reason: why },
      { status: 'rejected', reason: why },
    ]);
    await reads.answer();
    await expect(next).resolves.toBe('value 3');
  });

  it('goes on after a read that threw before it began', async () => {
    let isBroken = true;
    const batch = new MicroBatch<number, number>((keys) => {
      if (isBroken) throw new Error('no pool');
      return Promise.resolve(keys);
    }, 500);
    await expect(batch.load(1)).rejects.toThrow('no pool');
    isBroken = false;
    await expect(batch.load(2)).resolves.toBe(2);
  });

  it('starts anew after it was idle', async () => {
    const batch = new MicroBatch<number, number>((keys) => Promise.resolve(keys), 500);
    for (const key of [1, 2, 3]) {
      await expect(batch.load(key)).resolves.toBe(key);
      await nextTurn();
    }
  });

  it('takes a load that a caller makes the moment it is answered', async () => {
    const batch = new MicroBatch<number, number>((keys) => Promise.resolve(keys), 500);
    const chained = batch.load(1).then((value) => batch.load(value + 1));
    await expect(chained).resolves.toBe(2);
  });

  it('turns the newest away when 20 000 wait, and takes others once they were read', async () => {
    const reads = new SlowReads();
    const batch = new MicroBatch(reads.read, 50_000);
    const waiting = Promise.all(Array.from({ length: 20_000 }, (_unused, key) => batch.load(key)));
    await expect(batch.load(-1)).rejects.toBeInstanceOf(BatchOverflowError);
    await nextTurn();
    const next = batch.load(5);
    await reads.answer();
    await expect(waiting).resolves.toHaveLength(20_000);
    await reads.answer();
    await expect(next).resolves.toBe('value 5');
  });
});

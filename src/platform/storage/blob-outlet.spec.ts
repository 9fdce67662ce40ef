import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { BufferStock, FileOutlet, streamOutlet } from './blob-outlet';

const BYTES = randomBytes(100_000);

describe('FileOutlet', () => {
  let folder: string;
  let path: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rookery-outlet-'));
    path = join(folder, 'blob');
    await writeFile(path, BYTES);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function outlet(
    part: { start: number; end: number },
    stock = new BufferStock(),
  ): Promise<FileOutlet> {
    return new FileOutlet(await open(path, 'r'), part, stock, 4096);
  }

  /** Reads each chunk only when it lets go of it, as a socket does: a buffer that is used again too early shows. */
  class SlowSink extends Writable {
    readonly received: Buffer[] = [];

    constructor(private readonly delayMs: () => number) {
      super({ highWaterMark: 1 });
    }

    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      setTimeout(() => {
        this.received.push(Buffer.from(chunk));
        done();
      }, this.delayMs());
    }
  }

  it.each([
    { start: 0, end: 100_000 },
    { start: 0, end: 1 },
    { start: 4095, end: 4097 },
    { start: 99_999, end: 100_000 },
    { start: 5000, end: 5000 },
  ])('gives bytes $start to $end, whatever the pace of the sink', async (part) => {
    const sink = new SlowSink(() => Math.floor(Math.random() * 3));
    await (await outlet(part)).pourInto(sink, part.end - part.start);
    expect(Buffer.concat(sink.received).equals(BYTES.subarray(part.start, part.end))).toBe(true);
    expect(sink.writableEnded).toBe(true);
  });

  it('gives each of many their own bytes from shared buffers', async () => {
    const stock = new BufferStock();
    const sinks = Array.from({ length: 12 }, () => new SlowSink(() => Math.floor(Math.random() * 2)));
    for (const half of [sinks.slice(0, 6), sinks.slice(6)]) {
      await Promise.all(
        half.map(async (sink, n) =>
          (await outlet({ start: n * 1000, end: 60_000 + n }, stock)).pourInto(sink, 60_000 - n * 999),
        ),
      );
      half.forEach((sink, n) => {
        expect(Buffer.concat(sink.received).equals(BYTES.subarray(n * 1000, 60_000 + n))).toBe(true);
      });
    }
  });

  it('ends with an error when the other side goes away, and reuses nothing that it still holds', async () => {
    const stock = new BufferStock();
    const giveBack = jest.spyOn(stock, 'giveBack');
    const sink = new SlowSink(() => 1);
    const poured = (await outlet({ start: 0, end: 100_000 }, stock)).pourInto(sink, 100_000);
    setTimeout(() => sink.destroy(), 10);
    await expect(poured).rejects.toThrow();
    expect(giveBack).not.toHaveBeenCalled();
  });

  it('says that a file ended early rather than send less as if it were all', async () => {
    const sink = new SlowSink(() => 0);
    const poured = (await outlet({ start: 0, end: 100_001 })).pourInto(sink, 100_001);
    await expect(poured).rejects.toThrow('ended early');
    expect(sink.writableEnded).toBe(false);
  });

  it.each([99_999, 100_001])('does not end a sink that was promised %i of 100000 bytes', async (promised) => {
    const whole = { start: 0, end: 100_000 };
    for (const one of [await outlet(whole), streamOutlet(Readable.from([BYTES.subarray(0, 100_000)]))]) {
      const sink = new SlowSink(() => 0);
      await expect(one.pourInto(sink, promised)).rejects.toThrow();
      expect(sink.writableEnded).toBe(false);
    }
  });

  it('keeps a bounded number of free buffers', () => {
    const stock = new BufferStock();
    const take = (): Buffer[] => Array.from({ length: 20 }, () => stock.take(1024 * 1024));
    const buffers = take();
    for (const buffer of buffers) stock.giveBack(buffer);
    expect(take().filter((buffer) => buffers.includes(buffer))).toHaveLength(16);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '../clock/clock';
import { FilesystemBlobStore } from './filesystem-blob-store';

const MIB = 1024 * 1024;

/** As a socket delivers: a new buffer each time, so only prompt release keeps memory flat. */
async function* generated(sizeBytes: number, onChunk: () => void): AsyncGenerator<Buffer> {
  for (let sent = 0, turn = 0; sent < sizeBytes; sent += 65_536, turn += 1) {
    onChunk();
    yield await Promise.resolve(Buffer.alloc(Math.min(65_536, sizeBytes - sent), turn));
  }
}

describe('FilesystemBlobStore with 512 MiB', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'rookery-large-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('stages and reads it in memory that does not grow with the size', async () => {
    const store = new FilesystemBlobStore(root, new Clock());
    const peak = { rss: 0, arrayBuffers: 0 };
    const note = (): void => {
      const { rss, arrayBuffers } = process.memoryUsage();
      peak.rss = Math.max(peak.rss, rss);
      peak.arrayBuffers = Math.max(peak.arrayBuffers, arrayBuffers);
    };
    const before = process.memoryUsage();
    const staged = await store.stage('1', generated(512 * MIB, note), { maxBytes: 512 * MIB });
    expect(staged.digest.sizeBytes).toBe(512 * MIB);
    await store.promote('1', staged);
    let readBytes = 0;
    for await (const chunk of await store.open('1', staged.digest.sha256)) {
      readBytes += (chunk as Buffer).length;
      note();
    }
    expect(readBytes).toBe(512 * MIB);
    expect(peak.arrayBuffers - before.arrayBuffers).toBeLessThan(160 * MIB);
    expect(peak.rss - before.rss).toBeLessThan(256 * MIB);
  }, 120_000);
});

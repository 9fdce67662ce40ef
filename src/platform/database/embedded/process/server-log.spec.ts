import { appendFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerLog } from './server-log';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'server-log-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('ServerLog', () => {
  it('gives what was written after an offset', async () => {
    const log = new ServerLog(join(folder, 'log'));
    expect(await log.textSince(0)).toBe('');
    await writeFile(log.file, 'before\n');
    const offset = await log.sizeBytes();
    await appendFile(log.file, 'after\n');
    expect(await log.textSince(offset)).toBe('after');
  });

  it('starts anew when too long, also under a server that goes on writing', async () => {
    const log = new ServerLog(join(folder, 'log'));
    const server = await log.open();
    await server.write('x'.repeat(100));
    await log.rotate(50);
    await server.write('next');
    await server.close();
    expect(await log.textSince(100)).toBe('next');
    expect((await stat(`${log.file}.1`)).size).toBe(100);
    expect((await stat(log.file)).mode & 0o777).toBe(0o600);
  });

  it('leaves a short file alone', async () => {
    const log = new ServerLog(join(folder, 'log'));
    await writeFile(log.file, 'short');
    await log.rotate();
    expect(await log.textSince(0)).toBe('short');
  });
});

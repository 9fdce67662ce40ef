import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnerLock } from './owner-lock';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'owner-lock-'));
  file = join(folder, 'postgres.lock');
});
afterEach(() => rm(folder, { recursive: true }));

describe('OwnerLock', () => {
  it('is taken, given back and leaves nothing behind', async () => {
    const lock = await OwnerLock.take(file);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused while its owner lives', async () => {
    const lock = await OwnerLock.take(file);
    await expect(OwnerLock.take(file)).rejects.toThrow('already in use by another Rookery');
    await lock.release();
    await (await OwnerLock.take(file)).release();
  });

  it.each([
    ['of a dead process', JSON.stringify({ pid: 2 ** 30, birth: 'long ago' })],
    ['of a process whose pid was given to another', JSON.stringify({ pid: process.pid, birth: 'long ago' })],
    ['that is empty', ''],
    ['that is rubbish', 'null'],
  ])('takes over a lock %s', async (_what, content) => {
    await writeFile(file, content);
    const lock = await OwnerLock.take(file);
    expect(await readdir(folder)).toEqual(['postgres.lock']);
    await lock.release();
  });

  it('goes to exactly one of many that find the same stale lock', async () => {
    await writeFile(file, JSON.stringify({ pid: 2 ** 30, birth: 'long ago' }));
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => OwnerLock.take(file)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['postgres.lock']);
  });

  it('is not removed by an owner who lost it', async () => {
    const lock = await OwnerLock.take(file);
    await writeFile(file, 'somebody else');
    await lock.release();
    expect(await readFile(file, 'utf8')).toBe('somebody else');
  });
});

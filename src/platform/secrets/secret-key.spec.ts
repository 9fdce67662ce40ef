import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrMakeSecretKey, parseSecretKey } from './secret-key';

describe("the server's key", () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rookery-key-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made once, for its owner alone, and found again', async () => {
    const key = await findOrMakeSecretKey(folder, undefined);
    expect(key).toHaveLength(32);
    expect((await stat(join(folder, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await findOrMakeSecretKey(folder, undefined)).toEqual(key);
    expect(await readdir(folder)).toEqual(['secret.key']);
  });

  it('is one for all that start at once', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => findOrMakeSecretKey(folder, undefined)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['secret.key']);
  });

  it('is made in a data folder that is not there yet', async () => {
    expect(await findOrMakeSecretKey(join(folder, 'new', 'data'), undefined)).toHaveLength(32);
  });

  it('is the one that was set, and then none is made', async () => {
    const set = Buffer.alloc(32, 1);
    expect(await findOrMakeSecretKey(folder, set)).toBe(set);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that cannot be read is never replaced', async () => {
    await writeFile(join(folder, 'secret.key'), 'half a k');
    await expect(findOrMakeSecretKey(folder, undefined)).rejects.toThrow('holds no key');
    expect(await readFile(join(folder, 'secret.key'), 'utf8')).toBe('half a k');
  });

  it.each([
    '',
    'short',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    'x'.repeat(32),
  ])('is not %j', (text) => {
    expect(parseSecretKey(text)).toBeUndefined();
  });
});

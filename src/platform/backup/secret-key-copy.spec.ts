import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../config/settings';
import { findOrMakeSecretKey } from '../secrets/secret-key';
import { BackupError } from './backup.errors';
import type { Manifest } from './manifest';
import { copySecretKey, keyFileOf, restoreSecretKey } from './secret-key-copy';

describe("the server's key in a backup", () => {
  let [server, folder, target] = ['', '', ''];
  beforeEach(async () => {
    const fresh = (): Promise<string> => mkdtemp(join(tmpdir(), 'rookery-key-copy-'));
    [server, folder, target] = [await fresh(), await fresh(), await fresh()];
  });
  afterEach(() =>
    Promise.all([server, folder, target].map((one) => rm(one, { recursive: true, force: true }))),
  );

  const settings = (more: Record<string, string> = {}): ReturnType<typeof readSettings> =>
    readSettings({ ROOKERY_DATA_DIR: server, ...more });
  const copied = async (): Promise<Manifest> =>
    ({ secretKey: await copySecretKey(folder, keyFileOf(settings())) }) as Manifest;

  it('comes back as it was, for its owner alone, also into a data folder that is not there yet', async () => {
    const key = await findOrMakeSecretKey(server, undefined);
    const manifest = await copied();
    expect((await stat(join(folder, 'secret.key'))).mode & 0o777).toBe(0o600);
    const dataDir = join(target, 'new', 'data');
    await restoreSecretKey(folder, manifest, dataDir);
    await restoreSecretKey(folder, manifest, dataDir);
    expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(['secret.key']);
    expect(await findOrMakeSecretKey(dataDir, undefined)).toEqual(key);
  });

  it('is not put over another', async () => {
    await findOrMakeSecretKey(server, undefined);
    const manifest = await copied();
    await writeFile(join(target, 'secret.key'), 'another');
    await expect(restoreSecretKey(folder, manifest, target)).rejects.toThrow(/is another key/);
    expect(await readFile(join(target, 'secret.key'), 'utf8')).toBe('another');
  });

  it('is not there unless it was asked for', async () => {
    await restoreSecretKey(folder, {} as Manifest, target);
    expect(await readdir(target)).toEqual([]);
  });

  it('that was set is not taken from a file, though one may be left from before', async () => {
    await findOrMakeSecretKey(server, undefined);
    const set = settings({ ROOKERY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') });
    expect(() => keyFileOf(set)).toThrow(BackupError);
  });

  it('that is in no file is told', async () => {
    await expect(copied()).rejects.toThrow(/There is no .*secret\.key/);
    expect(await readdir(folder)).toEqual([]);
  });
});

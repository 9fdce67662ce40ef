import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasErrno, onDisk, writeFully } from './durable-files';
import { StorageFullError, StorageUnavailableError } from './storage.errors';

const errno = (code: string) => Object.assign(new Error(code), { code });

describe('onDisk', () => {
  it.each(['ENOSPC', 'EDQUOT'])('tells %s as a full storage and keeps the cause', async (code) => {
    const failing = onDisk(() => Promise.reject(errno(code)));
    await expect(failing).rejects.toMatchObject({ code: 'storage_full', kind: 'full', cause: { code } });
  });

  it('tells everything else as an unavailable storage, without the path in the message', async () => {
    const failing = onDisk(() => open('/nonexistent/secret/place', 'r'));
    await expect(failing).rejects.toThrow(StorageUnavailableError);
    await expect(failing).rejects.not.toThrow(/secret/);
  });

  it('passes its own errors through', async () => {
    const full = new StorageFullError();
    await expect(onDisk(() => Promise.reject(full))).rejects.toBe(full);
  });
});

describe('writeFully', () => {
  (existsSync('/dev/full') ? it : it.skip)('fails on a device that is really full', async () => {
    const file = await open('/dev/full', 'w');
    await expect(onDisk(() => writeFully(file, Buffer.from('x')))).rejects.toThrow(StorageFullError);
    await file.close();
  });

  it('goes on after a short write', async () => {
    const taken: string[] = [];
    const write = (chunk: Buffer, offset: number, length: number) => {
      const bytesWritten = Math.min(2, length);
      taken.push(chunk.toString('latin1', offset, offset + bytesWritten));
      return Promise.resolve({ bytesWritten, buffer: chunk });
    };
    await writeFully({ write } as unknown as Parameters<typeof writeFully>[0], Buffer.from('abcde'));
    expect(taken).toEqual(['ab', 'cd', 'e']);
  });
});

it('hasErrno tells codes apart', () => {
  expect(hasErrno(errno('ENOENT'), 'ENOENT')).toBe(true);
  expect(hasErrno(errno('EACCES'), 'ENOENT')).toBe(false);
  expect(hasErrno('ENOENT', 'ENOENT')).toBe(false);
});

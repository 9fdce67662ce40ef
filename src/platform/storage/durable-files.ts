import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { StorageError, StorageFullError, StorageUnavailableError } from './storage.errors';

/** Readable by the group (a web server that serves X-Accel redirects), by nobody else. */
export const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

/** Runs file system calls and turns what they throw into a {@link StorageError}. */
export async function onDisk<T>(calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    if (hasErrno(error, 'ENOSPC') || hasErrno(error, 'EDQUOT')) throw new StorageFullError(error);
    throw new StorageUnavailableError(error);
  }
}

export function hasErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/**
 * `write` may take less than it was given (a nearly full disk does); this goes on until all is taken or it fails. Without a
 * position it goes on where the last write ended.
 */
export async function writeFully(file: FileHandle, chunk: Buffer, position?: number): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    const at = position === undefined ? null : position + offset;
    const { bytesWritten } = await file.write(chunk, offset, chunk.length - offset, at);
    offset += bytesWritten;
  }
}

export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
}

/** What file systems without hard links answer. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'];

/**
 * Gives a synced file its place as well, so that it is there after a power cut: the name is durable once its directory is
 * synced, the directory once its parent is, up to `root`. The parents are synced even if another process made them,
 * because it may not have got to its own sync yet. On file systems without hard links the file is moved.
 */
export async function linkDurably(from: string, to: string, root: string): Promise<void> {
  await makeDirectory(dirname(to));
  const draft = `${from}.${randomUUID()}`;
  try {
    await link(from, draft);
    await rename(draft, to);
  } catch (error) {
    if (!NO_LINKS.some((code) => hasErrno(error, code))) throw error;
    await rename(from, to);
  } finally {
    // A rename from one name of a file to another of the same does nothing at all.
    await removeFile(draft);
  }
  await syncDirectories(dirname(to), root);
}

export async function syncDirectories(innermost: string, root: string): Promise<void> {
  const depth = relative(root, innermost).split(sep).length;
  let directory = innermost;
  for (let level = 0; level <= depth; level += 1, directory = dirname(directory)) {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** False when there was nothing to remove. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The whole of a small file; undefined when it is not there. */
export async function findFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

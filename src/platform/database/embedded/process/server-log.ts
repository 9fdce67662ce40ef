import { copyFile, open, stat, truncate, type FileHandle } from 'node:fs/promises';

const LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * The file that gets the server's messages, never more than about 16 MiB with its predecessor `<file>.1`. It
 * is copied and emptied rather than renamed, because a running (perhaps adopted) server keeps its descriptor.
 */
export class ServerLog {
  constructor(readonly file: string) {}

  /** Opens the file for a server to append to; the caller closes it once the server has it. */
  open(): Promise<FileHandle> {
    return open(this.file, 'a', 0o600);
  }

  async sizeBytes(): Promise<number> {
    return (await stat(this.file).catch(() => undefined))?.size ?? 0;
  }

  /** The end of what was written after the file had `offset` bytes. */
  async textSince(offset: number): Promise<string> {
    const size = await this.sizeBytes();
    const from = Math.max(size < offset ? 0 : offset, size - 16 * 1024);
    const file = await open(this.file, 'r').catch(() => undefined);
    if (!file) return '';
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  }

  /** Starts the file anew when it has grown too long. */
  async rotate(limitBytes = LIMIT_BYTES): Promise<void> {
    if ((await this.sizeBytes()) <= limitBytes) return;
    await copyFile(this.file, `${this.file}.1`);
    await truncate(this.file, 0);
  }
}

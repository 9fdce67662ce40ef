import { createCipheriv } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ARTIFACT_BYTES = 2 ** 20;
/** As large as images of root file systems are, so that the bytes cost more than the asking. */
export const LARGE_ARTIFACT_BYTES = 256 * 2 ** 20;
export const ARTIFACT_NAME = 'image.bin';

/** Bytes that do not compress and are the same in every process, so that a download can be compared with them. */
export function artifactBytes(length: number): Buffer {
  return createCipheriv('aes-128-ctr', 'rookery-bench/16', Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** The artifact as a file, for the server that streams it without asking anybody. */
export async function writeArtifact(folder: string, length: number): Promise<string> {
  const file = join(folder, ARTIFACT_NAME);
  await writeFile(file, artifactBytes(length));
  return file;
}

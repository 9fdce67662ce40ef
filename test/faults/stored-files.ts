import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What lies in the data folder. */
export interface StoredFiles {
  /** Of forms and of releases that are being made. */
  readonly staged: readonly string[];
  /** Of resumable uploads. */
  readonly partial: readonly string[];
  /** By their sha256. */
  readonly blobs: readonly string[];
}

export async function storedFiles(dataDir: string): Promise<StoredFiles> {
  return {
    staged: await filesIn(join(dataDir, 'artifacts', 'staging')),
    partial: await filesIn(join(dataDir, 'uploads')),
    blobs: await filesIn(join(dataDir, 'artifacts', 'blobs')),
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => basename(entry.name))
    .sort();
}

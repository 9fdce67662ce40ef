import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Its name in the data folder. */
export const SECRET_KEY = 'secret.key';
const KEY_BYTES = 32;

/** A key as text: 32 bytes in base64. Undefined when it is none. */
export function parseSecretKey(text: string): Buffer | undefined {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined;
  const key = Buffer.from(trimmed, 'base64');
  return key.length === KEY_BYTES ? key : undefined;
}

/**
 * The server's key: the one that was set, else the one in the data folder, which the first start makes there (mode 0600).
 * Several processes may start at once on one folder: all of them get the key of the first.
 */
export async function findOrMakeSecretKey(dataDir: string, set: Buffer | undefined): Promise<Buffer> {
  if (set !== undefined) return set;
  const path = join(dataDir, SECRET_KEY);
  return (await readKey(path)) ?? (await makeKey(path));
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const key = parseSecretKey(text);
  if (key === undefined)
    throw new Error(`${path} holds no key: 32 bytes in base64 are needed. Bring it back.`);
  return key;
}

async function makeKey(path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Unlike a rename it fails where another process was faster.
    await link(draft, path);
    return key;
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(path) : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(draft, { force: true });
  }
}

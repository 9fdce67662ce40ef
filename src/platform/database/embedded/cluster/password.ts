import { randomBytes, randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';

/** The password of the role `rookery`; undefined when there is no password file or it is empty. */
export async function findPassword(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim() || undefined;
}

/** A new password, written durably to `file` (mode 0600). Hexadecimal, so it needs quoting nowhere. */
export async function createPassword(file: string): Promise<string> {
  const password = randomBytes(24).toString('hex');
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${password}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  return password;
}

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fixture, raucbParts, swuMembers } from '../../support/signed';
import { archiveOf } from './signed-bundle';

const CMS_PKI = resolve(__dirname, '../../fixtures/pki/cms');

/** What a real tool says of the signature of a bundle; what else it finds wrong with the bundle does not count. */
export interface ToolVerdict {
  readonly isTrusted: boolean;
  /** All that it has said, for who reads a failed test. */
  readonly output: string;
}

/** The certificate in `name.cert.pem`, with the key that made it or, where it has none of its own, `signer.key.pem`. */
export interface TestSigner {
  readonly name: string;
  readonly key: string;
  /** Certificates that are sent along. */
  readonly between?: string;
  /** Who signs it, too, with `signer.key.pem`. */
  readonly besides?: string;
  readonly options?: readonly string[];
}

/** A detached CMS over what lies in `folder/name`. */
export function signedBy(content: Buffer, signer: TestSigner, folder: string): Buffer {
  const { name, key, between, besides, options = [] } = signer;
  const [input, output] = [join(folder, 'content'), join(folder, 'signature')];
  writeFileSync(input, content);
  const as = (who: string, by: string): string[] => [
    ...['-signer', join(CMS_PKI, `${who}.cert.pem`)],
    ...['-inkey', join(CMS_PKI, `${by}.key.pem`)],
  ];
  const certificates = as(name, key);
  if (besides !== undefined) certificates.push(...as(besides, 'signer'));
  if (between !== undefined) certificates.push('-certfile', join(CMS_PKI, `${between}.cert.pem`));
  const form = ['-binary', '-outform', 'DER', '-in', input, '-out', output];
  execFileSync('openssl', ['cms', '-sign', ...form, ...certificates, ...options]);
  return readFileSync(output);
}

/** A good bundle, but for its signature. */
export function swuWith(sign: (description: Buffer) => Buffer): Buffer {
  const members = swuMembers(fixture('swu', 'basic-1.0.swu'));
  const description = members.get('sw-description') ?? Buffer.alloc(0);
  members.set('sw-description.sig', sign(description));
  return archiveOf([...members]);
}

/** As swuWith, for RAUC. */
export function raucbWith(sign: (content: Buffer) => Buffer): Buffer {
  const { content } = raucbParts(fixture('raucb', 'plain-1.0.raucb'));
  const signature = sign(content);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(signature.length));
  return Buffer.concat([content, signature, size]);
}

/** `swupdate --check`: installs nothing. */
export async function swupdateVerdict(
  bundle: string,
  anchor: string,
  purpose?: string,
): Promise<ToolVerdict> {
  const options = purpose === undefined ? [] : ['--cert-purpose', purpose];
  const key = resolve(CMS_PKI, '../swu-aes.key');
  const device = ['-H', 'my-board:rev4.2', '-e', 'stable,main', '-K', key];
  const words = ['-c', '-v', '-i', bundle, '-k', anchor, ...device, ...options];
  let output = await outputOf('swupdate', words);
  for (let again = 1; again < MOST_TRIES && !hasLooked(output); again += 1)
    output = await outputOf('swupdate', words);
  return { isTrusted: output.includes('[swupdate_verify_file] : Verified OK'), output };
}

const MOST_TRIES = 3;

/** On a busy machine it sometimes stops before it has begun, and says nothing of the bundle. */
function hasLooked(output: string): boolean {
  return /\[ERROR\s*\]|Verified OK/.test(output);
}

export async function raucVerdict(bundle: string, keyring: string): Promise<ToolVerdict> {
  const output = await outputOf('rauc', ['info', `--keyring=${keyring}`, bundle]);
  return { isTrusted: /Verified (?:detached|inline) signature by/.test(output), output };
}

/** Long enough for a check on a busy machine; swupdate sometimes never ends after it has refused a bundle. */
const PATIENCE_MS = 20_000;

/** Its sockets lie in a folder of its own, so it meets no other swupdate; what it leaves running is ended. */
async function outputOf(command: string, options: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tool-'));
  try {
    return await new Promise((done, failed) => {
      const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: folder, LC_ALL: 'C' };
      const child = spawn(command, options, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const chunks: Buffer[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      const end = setTimeout(() => {
        endGroup(child.pid);
      }, PATIENCE_MS);
      child.once('error', failed);
      child.once('exit', () => {
        endGroup(child.pid);
      });
      child.once('close', () => {
        clearTimeout(end);
        done(Buffer.concat(chunks).toString());
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

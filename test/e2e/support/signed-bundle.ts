import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEVICE_FOLDER } from './installed-image';

/** What a bundle shall hold. */
export interface BundleSpec {
  readonly version: string;
  /** Name of the image, and of the file below the device's folder into which it is written. */
  readonly imageName: string;
  readonly image: Buffer;
}

const PKI = resolve(__dirname, '../../fixtures/pki');
const TRAILER = 'TRAILER!!!';

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** One file of a cpio archive in the "crc" form, which is what swupdate reads. */
function entryOf(name: string, bytes: Buffer, inode: number): Buffer {
  const checksum = bytes.reduce((sum, byte) => (sum + byte) >>> 0, 0);
  const isTrailer = name === TRAILER;
  const fields = [
    ...[inode, isTrailer ? 0 : 0o100644, 0, 0, 1, 0],
    ...[bytes.length, 0, 0, 0, 0, name.length + 1, isTrailer ? 0 : checksum],
  ];
  const header = `070702${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.from(`${header}${name}\0`, 'latin1')), padded(bytes)]);
}

function descriptionOf({ version, imageName, image }: BundleSpec): string {
  const sha256 = createHash('sha256').update(image).digest('hex');
  const path = join(DEVICE_FOLDER, imageName);
  return `software = {
  version = "${version}";
  hardware-compatibility: [ "rev4.2" ];
  files: ( { filename = "${imageName}"; path = "${path}"; type = "rawfile"; sha256 = "${sha256}"; } );
};
`;
}

async function signatureOf(description: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'sign-'));
  try {
    const [input, output] = [join(folder, 'sw-description'), join(folder, 'sw-description.sig')];
    await writeFile(input, description);
    const keys = ['-signer', join(PKI, 'swu-sign.cert.pem'), '-inkey', join(PKI, 'swu-sign.key.pem')];
    const form = ['-outform', 'DER', '-nosmimecap', '-binary'];
    execFileSync('openssl', ['cms', '-sign', '-in', input, '-out', output, ...keys, ...form]);
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A bundle that the test devices accept; for what the fixtures are too small for, or of which two are needed. */
export async function signedBundle(spec: BundleSpec): Promise<Buffer> {
  const description = descriptionOf(spec);
  const files: [string, Buffer][] = [
    ['sw-description', Buffer.from(description)],
    ['sw-description.sig', await signatureOf(description)],
    [spec.imageName, spec.image],
  ];
  return archiveOf(files);
}

/** A cpio archive as swupdate reads it. */
export function archiveOf(files: readonly (readonly [string, Buffer])[]): Buffer {
  const all = [...files, [TRAILER, Buffer.alloc(0)] as const];
  return Buffer.concat(all.map(([name, bytes], index) => entryOf(name, bytes, index + 1)));
}

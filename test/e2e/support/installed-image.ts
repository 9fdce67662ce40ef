import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where the fixture bundles write: it is in their signed sw-description, so no device can have its own. */
export const DEVICE_FOLDER = '/var/tmp/rookery-device';

/** The version a device has that was never updated by a test. */
export const FACTORY_VERSION = '0.9';

const IMAGE_FILE = join(DEVICE_FOLDER, 'rootfs.img');
const IMAGE_NAME = 'rootfs.img';
const CPIO_HEADER_BYTES = 110;

/** A fixture bundle by its file name. */
export function swuFixture(name: string): string {
  return resolve(__dirname, '../../fixtures/swu', name);
}

/**
 * The image inside a fixture bundle (cpio "crc" format: header with hex fields, name, data, each padded to
 * 4). This is a reader for our own fixtures only; what people upload goes through `src/formats`.
 */
async function readImageOfBundle(bundleName: string): Promise<Buffer> {
  const bundle = await readFile(swuFixture(bundleName));
  const hexField = (at: number): number => Number.parseInt(bundle.toString('latin1', at, at + 8), 16);
  const aligned = (offset: number): number => Math.ceil(offset / 4) * 4;
  let at = 0;
  while (at + CPIO_HEADER_BYTES < bundle.length) {
    const sizeBytes = hexField(at + 54);
    const nameBytes = hexField(at + 94);
    const name = bundle.toString('latin1', at + CPIO_HEADER_BYTES, at + CPIO_HEADER_BYTES + nameBytes - 1);
    const start = aligned(at + CPIO_HEADER_BYTES + nameBytes);
    if (name === IMAGE_NAME) {
      return bundle.subarray(start, start + sizeBytes);
    }
    at = aligned(start + sizeBytes);
  }
  throw new Error(`${bundleName} holds no ${IMAGE_NAME}`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bundles whose image is recognised on the device again, by the version that they install. */
const BUNDLE_OF_VERSION: Readonly<Record<string, string>> = {
  '1.0': 'basic-1.0.swu',
  '2.0': 'basic-2.0.swu',
};

/** Images that tests made themselves: sha256 to version. */
const MADE: Map<string, string> = new Map();

/** From now on this image is recognised on the device, too. */
export function makeKnown(version: string, image: Buffer): void {
  MADE.set(sha256(image), version);
}

/** sha256 of the image that the device has now; undefined when nothing was ever written. */
export async function findInstalledSha256(): Promise<string | undefined> {
  return existsSync(IMAGE_FILE) ? sha256(await readFile(IMAGE_FILE)) : undefined;
}

/** sha256 of the image inside a fixture bundle. */
export async function getImageSha256(bundleName: string): Promise<string> {
  return sha256(await readImageOfBundle(bundleName));
}

/**
 * The version that is really on the device, judged by the bytes of its image and by nothing that anybody
 * said. No image = the factory's version; other bytes (a torn write) = `unknown`.
 */
export async function readInstalledVersion(): Promise<string> {
  const installed = await findInstalledSha256();
  if (installed === undefined) {
    return FACTORY_VERSION;
  }
  for (const [version, bundle] of Object.entries(BUNDLE_OF_VERSION)) {
    if ((await getImageSha256(bundle)) === installed) {
      return version;
    }
  }
  return MADE.get(installed) ?? 'unknown';
}

/** Puts the device's storage into a known state: the image of `version`, or nothing for the factory's. */
export async function resetDevice(version: string = FACTORY_VERSION): Promise<void> {
  await rm(DEVICE_FOLDER, { recursive: true, force: true });
  await mkdir(DEVICE_FOLDER, { recursive: true });
  if (version === FACTORY_VERSION) {
    return;
  }
  const bundle = BUNDLE_OF_VERSION[version];
  if (bundle === undefined) {
    throw new Error(`no fixture bundle installs version ${version}`);
  }
  await writeFile(IMAGE_FILE, await readImageOfBundle(bundle));
}

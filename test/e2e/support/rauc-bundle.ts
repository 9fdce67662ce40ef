import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RAUC_KEYRING, RAUC_SIGNER, rauc } from '../clients/rauc-system';

/** What a bundle is made from. */
export interface BundleSource {
  readonly version: string;
  readonly compatible?: string;
  /** RAUC streams only `verity` bundles. Default `plain`. */
  readonly format?: 'plain' | 'verity';
  readonly imageBytes?: number;
}

/** A bundle that `rauc bundle` made of one image of random bytes, which nothing can compress away. */
export interface RaucBundle {
  readonly path: string;
  readonly imageSha256: string;
}

/** Makes a bundle, signed by the test key, in a folder of its own below `folder`. */
export async function makeRaucBundle(folder: string, source: BundleSource): Promise<RaucBundle> {
  const { version, compatible = 'my-board-rev4.2', format = 'plain', imageBytes = 300_000 } = source;
  const work = join(folder, `${format}-${version}-${randomBytes(4).toString('hex')}`);
  const content = join(work, 'content');
  await mkdir(content, { recursive: true });
  const image = randomBytes(imageBytes);
  await writeFile(join(content, 'rootfs.img'), image);
  const manifest = [
    '[update]',
    `compatible=${compatible}`,
    `version=${version}`,
    '[bundle]',
    `format=${format}`,
    '[image.rootfs]',
    'filename=rootfs.img',
    '',
  ].join('\n');
  await writeFile(join(content, 'manifest.raucm'), manifest);
  const path = join(work, `image-${version}.raucb`);
  const { certificate, key } = RAUC_SIGNER;
  await rauc('bundle', `--cert=${certificate}`, `--key=${key}`, `--keyring=${RAUC_KEYRING}`, content, path);
  return { path, imageSha256: createHash('sha256').update(image).digest('hex') };
}

import { quoted } from '../format.error';
import type { SquashfsReader } from '../squashfs/squashfs.reader';
import type { ManifestFacts, RaucbImage } from './raucb-description';

/** As many are looked at; more slots than this no device has. */
const MOST_IMAGES = 64;

/**
 * What a device will stumble over when it comes to the files that a manifest names.
 * @throws FormatError when the squashfs is damaged
 */
export async function imageWarnings(squashfs: SquashfsReader, facts: ManifestFacts): Promise<string[]> {
  const images = facts.images.slice(0, MOST_IMAGES);
  const named = [facts.hooks?.filename, ...images.map(({ filename }) => filename)];
  const names = named.filter((name) => name !== undefined && !name.includes('/')) as string[];
  if (names.length === 0) return [];
  const sizes = await squashfs.rootFileSizes(names);
  const missing = [...new Set(names)].filter((name) => !sizes.has(name));
  return [
    ...missing.map((name) => `The manifest names ${quoted(name)}, but the bundle has no such file.`),
    ...images.flatMap((image) => sizeWarning(image, sizes)),
  ];
}

function sizeWarning({ filename = '', sizeBytes }: RaucbImage, sizes: ReadonlyMap<string, number>): string[] {
  const found = sizes.get(filename);
  if (found === undefined || sizeBytes === undefined || found === sizeBytes) return [];
  return [`The manifest says that ${quoted(filename)} has ${sizeBytes} bytes, but it has ${found}.`];
}

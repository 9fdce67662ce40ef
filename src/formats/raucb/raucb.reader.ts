import type { ByteSource } from '../byte-source';
import { FormatError } from '../format.error';
import { PagedSource } from '../paged-source';
import { hasSquashfsMagic } from '../squashfs/superblock';
import { SquashfsReader } from '../squashfs/squashfs.reader';
import { readCms, type CmsContent } from './cms';
import { imageWarnings } from './image-warnings';
import { readManifest, readVerity } from './manifest';
import type { ManifestFacts, RaucbDescription } from './raucb-description';

const MANIFEST = 'manifest.raucm';
const SIGNATURE = 'signature';
const SIZE_BYTES = 8;
/** RAUC reads no larger CMS, and in verity and crypt bundles the manifest is a part of it. */
const MAX_CMS_BYTES = 64 * 1024;
/** The signature and its size stand in so many last bytes at most. */
export const MOST_SIGNATURE_BYTES = MAX_CMS_BYTES + SIZE_BYTES;
/** What the CMS of a verity bundle can enclose at most; in a plain bundle a longer one would be as much a mistake. */
const MAX_MANIFEST_BYTES = MAX_CMS_BYTES;
/** The most that damaged tables can make us read. Real bundles take some hundred KiB. */
const MAX_READ_BYTES = 8 * 1024 * 1024;
const REBUILD = 'Correct the manifest and build the bundle again.';
const DAMAGED = 'The file is damaged: build the bundle again, or send it again.';

/** Where the CMS lies in the file. */
interface CmsPlace {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Whether a file of this size with these last bytes may be a RAUC bundle at all: of other files one in 2^48 may be. */
export function mayEndInCms(tail: Buffer, sizeBytes: number): boolean {
  if (tail.length < SIZE_BYTES) return false;
  const declared = tail.readBigUInt64BE(tail.length - SIZE_BYTES);
  return declared > 0n && declared <= BigInt(Math.min(sizeBytes - SIZE_BYTES, MAX_CMS_BYTES));
}

/**
 * Whether a file is a RAUC bundle: it ends in a CMS and that one's size, and if the CMS is detached it begins with a
 * squashfs. Damaged bundles look like none, and so does a squashfs without signature.
 */
export async function looksLikeRaucb(source: ByteSource): Promise<boolean> {
  try {
    const paged = new PagedSource(source, MAX_READ_BYTES);
    const { content } = await locateCms(paged);
    return content.kind !== 'detached' || (await beginsWithSquashfs(paged));
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/**
 * Reads a `.raucb` bundle (RAUC documentation, "Bundle formats"): squashfs, CMS in DER, and the CMS's size as the
 * last 8 bytes. It asks for a few ranges from both ends, whatever the size, and holds at most some MiB. Signatures
 * are not judged here, and the images' hashes are left to the device.
 * @throws FormatError when it is no bundle, is damaged, or its manifest cannot be read
 */
export async function readRaucb(source: ByteSource): Promise<RaucbDescription> {
  const paged = new PagedSource(source, MAX_READ_BYTES);
  const { place, content } = await locateCms(paged);
  const cms = { ...place, isDetached: content.kind === 'detached' };
  if (content.kind === 'enveloped') return { ...ENCRYPTED, encryptedManifest: true, cms };
  const facts =
    content.kind === 'detached'
      ? await plainManifest(paged, place.offset)
      : await enclosedManifest(paged, content.content, place.offset);
  return { ...facts, encryptedManifest: false, cms };
}

const ENCRYPTED: ManifestFacts = {
  compatible: '',
  format: 'crypt',
  images: [],
  warnings: [
    'The manifest is encrypted, so version and compatible cannot be read from it and must be given by hand.',
  ],
};

async function locateCms(source: ByteSource): Promise<{ place: CmsPlace; content: CmsContent }> {
  const place = await cmsPlace(source);
  const cms = await source.read(place.offset, place.sizeBytes);
  try {
    return { place, content: readCms(cms) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`no CMS in DER can be read there: ${error.reason} ${DAMAGED}`, {
      member: SIGNATURE,
      offset: place.offset + (error.offset ?? 0),
    });
  }
}

/** The tail is read in one go with what is likely to be the CMS. */
async function cmsPlace(source: ByteSource): Promise<CmsPlace> {
  const { size } = source;
  if (size === 0) throw new FormatError('the file is empty. Send the bundle itself.', { offset: 0 });
  if (size <= SIZE_BYTES) throw new FormatError(`${size} bytes are no RAUC bundle. Send the bundle itself.`);
  const offset = size - SIZE_BYTES;
  const tailBytes = Math.min(size, MAX_CMS_BYTES + SIZE_BYTES);
  const tail = await source.read(size - tailBytes, tailBytes);
  const declared = tail.readBigUInt64BE(tailBytes - SIZE_BYTES);
  if (declared === 0n || declared > BigInt(Math.min(offset, MAX_CMS_BYTES))) {
    throw await noSignature(source, declared);
  }
  return { offset: offset - Number(declared), sizeBytes: Number(declared) };
}

async function noSignature(source: ByteSource, declared: bigint): Promise<FormatError> {
  const offset = source.size - SIZE_BYTES;
  if (!(await beginsWithSquashfs(source))) {
    return new FormatError(
      'this is no RAUC bundle: it neither begins with a squashfs nor ends in the size of its signature. ' +
        'Send the file that `rauc bundle` wrote.',
      { offset: 0 },
    );
  }
  return declared === 0n
    ? new FormatError(
        'the last 8 bytes, the size of the signature, are zero: this is a squashfs without a signature. ' +
          'Build and sign it with `rauc bundle`.',
        { offset },
      )
    : new FormatError(
        `the last 8 bytes should be the size of the signature, 1 to ${MAX_CMS_BYTES}, but say ${declared}. ` +
          'The file is cut short, or is a squashfs without a signature: send it again, or build it with `rauc bundle`.',
        { offset },
      );
}

async function beginsWithSquashfs(source: ByteSource): Promise<boolean> {
  return source.size >= 4 && hasSquashfsMagic(await source.read(0, 4));
}

async function plainManifest(source: ByteSource, imageBytes: number): Promise<ManifestFacts> {
  const squashfs = await SquashfsReader.open(source, imageBytes);
  const text = await squashfs.readRootFile(MANIFEST, MAX_MANIFEST_BYTES);
  if (!text) {
    throw new FormatError(
      `there is no ${MANIFEST} in the bundle's root folder. Build it with \`rauc bundle\` from a folder that has one.`,
    );
  }
  const facts = namedManifest(text, readManifest);
  const mistaken =
    `The manifest says format=${facts.format}, but the signature is detached, so this is a plain bundle. ` +
    'Devices may refuse it.';
  const warnings = [
    ...facts.warnings,
    ...(facts.format === 'plain' ? [] : [mistaken]),
    ...(await imageWarnings(squashfs, facts)),
  ];
  return { ...facts, format: 'plain', warnings };
}

async function enclosedManifest(
  source: ByteSource,
  text: Buffer,
  contentBytes: number,
): Promise<ManifestFacts> {
  const facts = namedManifest(text, readManifest);
  if (facts.format === 'plain') {
    throw new FormatError(
      'the signature encloses it, but it does not say format=verity or format=crypt. Build it with `rauc bundle`.',
      { member: MANIFEST },
    );
  }
  const verity = namedManifest(text, readVerity);
  const imageBytes = contentBytes - verity.sizeBytes;
  if (imageBytes <= 0) {
    throw new FormatError(
      `a hash tree of ${verity.sizeBytes} bytes is announced, but only ${contentBytes} precede the signature. ${DAMAGED}`,
      { member: MANIFEST },
    );
  }
  if (facts.format === 'crypt') return { ...facts, verity };
  const squashfs = await SquashfsReader.open(source, imageBytes);
  return { ...facts, verity, warnings: [...facts.warnings, ...(await imageWarnings(squashfs, facts))] };
}

function namedManifest<T>(text: Buffer, read: (text: Buffer) => T): T {
  try {
    if (text.length === 0) throw new FormatError('it is empty.');
    return read(text);
  } catch (error) {
    throw error instanceof FormatError ? error.within(MANIFEST, REBUILD) : error;
  }
}

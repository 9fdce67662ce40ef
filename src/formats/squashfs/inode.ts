import { FormatError } from '../format.error';
import { MetadataCursor } from './metadata.cursor';
import type { SquashfsImage } from './squashfs-image';
import type { MetadataPlace } from './superblock';

const HEADER_BYTES = 16;
const NO_FRAGMENT = 0xffffffff;
/** A directory's size counts `.` and `..`, which are not stored. */
const UNSTORED_DIRECTORY_BYTES = 3;
/** By type; extended inodes have the type of the basic ones plus 7. */
const KINDS = ['directory', 'file', 'symbolic link', 'block device', 'character device', 'pipe', 'socket'];

/** A folder of the image. */
export interface DirectoryInode {
  readonly kind: 'directory';
  readonly listing: MetadataPlace;
  readonly listingBytes: number;
}

/** A file of the image, as far as it is known before its list of blocks is read. */
export interface FileInode {
  readonly kind: 'file';
  readonly sizeBytes: number;
  readonly blocksAt: number;
  /** Where its last bytes lie, if they share a block with other files. */
  readonly fragment?: { readonly index: number; readonly offset: number };
  /** Stands on the sizes of the blocks. */
  readonly blockSizes: MetadataCursor;
}

/** An inode of any kind; of those that no look-up needs, only the kind. */
export type Inode = DirectoryInode | FileInode | { readonly kind: 'other'; readonly name: string };

/** @throws FormatError when no inode stands there */
export async function readInode(image: SquashfsImage, place: MetadataPlace): Promise<Inode> {
  const cursor = new MetadataCursor(image, place);
  const type = (await cursor.take(HEADER_BYTES)).readUInt16LE(0);
  const listingsAt = image.superblock.directoryTableAt;
  if (type === 1) return basicDirectory(await cursor.take(16), listingsAt);
  if (type === 8) return extendedDirectory(await cursor.take(24), listingsAt);
  if (type === 2) return basicFile(await cursor.take(16), cursor);
  if (type === 9) return extendedFile(await cursor.take(40), cursor);
  const name = KINDS[(type - 1) % KINDS.length];
  if (name !== undefined && type <= 2 * KINDS.length) return { kind: 'other', name };
  throw new FormatError(
    `an inode of type ${type} is unknown. The file is damaged: build it again, or send it again.`,
    { offset: place.blockAt },
  );
}

function basicDirectory(bytes: Buffer, listingsAt: number): DirectoryInode {
  return directory(
    { blockAt: listingsAt + bytes.readUInt32LE(0), offset: bytes.readUInt16LE(10) },
    bytes.readUInt16LE(8),
  );
}

function extendedDirectory(bytes: Buffer, listingsAt: number): DirectoryInode {
  return directory(
    { blockAt: listingsAt + bytes.readUInt32LE(8), offset: bytes.readUInt16LE(18) },
    bytes.readUInt32LE(4),
  );
}

function directory(listing: MetadataPlace, size: number): DirectoryInode {
  return { kind: 'directory', listing, listingBytes: Math.max(0, size - UNSTORED_DIRECTORY_BYTES) };
}

function basicFile(bytes: Buffer, blockSizes: MetadataCursor): FileInode {
  return {
    kind: 'file',
    blocksAt: bytes.readUInt32LE(0),
    ...fragment(bytes.readUInt32LE(4), bytes.readUInt32LE(8)),
    sizeBytes: bytes.readUInt32LE(12),
    blockSizes,
  };
}

function extendedFile(bytes: Buffer, blockSizes: MetadataCursor): FileInode {
  return {
    kind: 'file',
    blocksAt: Number(bytes.readBigUInt64LE(0)),
    sizeBytes: Number(bytes.readBigUInt64LE(8)),
    ...fragment(bytes.readUInt32LE(28), bytes.readUInt32LE(32)),
    blockSizes,
  };
}

function fragment(index: number, offset: number): Pick<FileInode, 'fragment'> {
  return index === NO_FRAGMENT ? {} : { fragment: { index, offset } };
}

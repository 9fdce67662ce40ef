import { FormatError, quoted } from '../format.error';
import type { DirectoryInode } from './inode';
import { MetadataCursor } from './metadata.cursor';
import type { SquashfsImage } from './squashfs-image';
import type { MetadataPlace } from './superblock';

const HEADER_BYTES = 12;
const ENTRY_BYTES = 8;
const MOST_ENTRIES_OF_A_HEADER = 256;
/** Some fifty thousand names; a bundle has a handful. */
const MAX_LISTING_BYTES = 1024 * 1024;
const DAMAGED = 'The file is damaged: build it again, or send it again.';

/**
 * Looks names up in a folder, reading no further than to where the last of them would stand: names are sorted by their
 * bytes, which is checked, since on an unsorted list a device could find another file than we.
 * @returns where the inodes lie of those that are there
 * @throws FormatError when the list is too long, not sorted or damaged
 */
export async function findNames(
  image: SquashfsImage,
  { listing, listingBytes }: DirectoryInode,
  names: ReadonlySet<string>,
): Promise<Map<string, MetadataPlace>> {
  if (listingBytes > MAX_LISTING_BYTES) {
    throw new FormatError(
      `the list of names in its root folder claims ${listingBytes} bytes; ${MAX_LISTING_BYTES} are the most. ` +
        'Pack fewer files.',
    );
  }
  const found = new Map<string, MetadataPlace>();
  const last = [...names]
    .map((name) => Buffer.from(name))
    .sort(Buffer.compare.bind(Buffer))
    .at(-1);
  let previous: Buffer = Buffer.alloc(0);
  for await (const { name, place } of entries(image, listing, listingBytes)) {
    if (Buffer.compare(previous, name) >= 0) throw unsorted(previous, name, listing);
    previous = name;
    if (!last || Buffer.compare(name, last) > 0) break;
    // A name that is not UTF-8 is nobody's.
    const text = name.toString('utf8');
    if (names.has(text) && Buffer.from(text).equals(name)) found.set(text, place);
  }
  return found;
}

interface Entry {
  readonly name: Buffer;
  readonly place: MetadataPlace;
}

async function* entries(
  image: SquashfsImage,
  listing: MetadataPlace,
  listingBytes: number,
): AsyncGenerator<Entry, void, undefined> {
  const cursor = new MetadataCursor(image, listing);
  for (let left = listingBytes; left > 0;) {
    const header = await cursor.take(HEADER_BYTES);
    left -= HEADER_BYTES;
    const count = header.readUInt32LE(0) + 1;
    if (count > MOST_ENTRIES_OF_A_HEADER) {
      throw damaged(`${count} names under one header are declared; 256 are possible`, listing);
    }
    const blockAt = image.superblock.inodeTableAt + header.readUInt32LE(4);
    for (let entry = 0; entry < count; entry++) {
      const fields = await cursor.take(ENTRY_BYTES);
      const name = await cursor.take(fields.readUInt16LE(6) + 1);
      left -= ENTRY_BYTES + name.length;
      if (left < 0) throw damaged('the list of names in a folder is longer than it says', listing);
      yield { name, place: { blockAt, offset: fields.readUInt16LE(0) } };
    }
  }
}

function unsorted(previous: Buffer, found: Buffer, { blockAt }: MetadataPlace): FormatError {
  const names = `${quoted(found.toString('latin1'))} follows ${quoted(previous.toString('latin1'))}`;
  return damaged(`the names in a folder are not sorted: ${names}`, { blockAt, offset: 0 });
}

function damaged(what: string, { blockAt }: MetadataPlace): FormatError {
  return new FormatError(`${what}. ${DAMAGED}`, { offset: blockAt });
}

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
 * Looks a name up in a folder, reading no further than to where the name would stand: names are sorted by their
 * bytes, which is checked, since on an unsorted list a device could find another file than we.
 * @returns where its inode lies
 * @throws FormatError when the list is too long, not sorted or damaged
 */
export async function findName(
  image: SquashfsImage,
  { listing, listingBytes }: DirectoryInode,
  name: string,
): Promise<MetadataPlace | undefined> {
  if (listingBytes > MAX_LISTING_BYTES) {
    throw new FormatError(
      `the list of names in its root folder claims ${listingBytes} bytes; ${MAX_LISTING_BYTES} are the most. ` +
        'Pack fewer files.',
    );
  }
  const wanted = Buffer.from(name);
  const cursor = new MetadataCursor(image, listing);
  let previous: Buffer = Buffer.alloc(0);
  for (let left = listingBytes; left > 0;) {
    const header = await cursor.take(HEADER_BYTES);
    left -= HEADER_BYTES;
    const count = header.readUInt32LE(0) + 1;
    if (count > MOST_ENTRIES_OF_A_HEADER) {
      throw damaged(`${count} names under one header are declared; 256 are possible`, listing);
    }
    for (let entry = 0; entry < count; entry++) {
      const fields = await cursor.take(ENTRY_BYTES);
      const found = await cursor.take(fields.readUInt16LE(6) + 1);
      left -= ENTRY_BYTES + found.length;
      if (left < 0) throw damaged('the list of names in a folder is longer than it says', listing);
      if (Buffer.compare(previous, found) >= 0) throw unsorted(previous, found, listing);
      previous = found;
      const order = Buffer.compare(found, wanted);
      if (order > 0) return undefined;
      const blockAt = image.superblock.inodeTableAt + header.readUInt32LE(4);
      if (order === 0) return { blockAt, offset: fields.readUInt16LE(0) };
    }
  }
  return undefined;
}

function unsorted(previous: Buffer, found: Buffer, { blockAt }: MetadataPlace): FormatError {
  const names = `${quoted(found.toString('latin1'))} follows ${quoted(previous.toString('latin1'))}`;
  return damaged(`the names in a folder are not sorted: ${names}`, { blockAt, offset: 0 });
}

function damaged(what: string, { blockAt }: MetadataPlace): FormatError {
  return new FormatError(`${what}. ${DAMAGED}`, { offset: blockAt });
}

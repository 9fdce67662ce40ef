import type { ByteSource } from '../byte-source';
import { FormatError } from '../format.error';
import { findNames } from './directory';
import { readInode, type FileInode } from './inode';
import { MetadataCursor } from './metadata.cursor';
import { SquashfsImage } from './squashfs-image';
import type { MetadataPlace } from './superblock';

const FRAGMENT_ENTRY_BYTES = 16;
const FRAGMENTS_OF_A_BLOCK = 512;
const DAMAGED = 'The file is damaged: build it again, or send it again.';

/**
 * Reads single small files from the root folder of a squashfs 4.0, compressed by whatever method. It reads a few
 * ranges of the source and follows no links, so what it costs does not depend on the size of the image.
 */
export class SquashfsReader {
  private constructor(private readonly image: SquashfsImage) {}

  /**
   * @param source begins with the image; something else may follow it
   * @param availableBytes how much of it can belong to the image
   * @throws FormatError when it is no squashfs that can be read
   */
  static async open(source: ByteSource, availableBytes = source.size): Promise<SquashfsReader> {
    return new SquashfsReader(await SquashfsImage.open(source, availableBytes));
  }

  /**
   * The content of a file, or undefined when the root folder has none of that name.
   * @throws FormatError when it is no regular file, has more than `maxBytes`, or the image is damaged
   */
  async readRootFile(name: string, maxBytes: number): Promise<Buffer | undefined> {
    const place = (await this.places([name])).get(name);
    if (!place) return undefined;
    const inode = await readInode(this.image, place);
    if (inode.kind !== 'file') {
      const kind = inode.kind === 'other' ? inode.name : inode.kind;
      throw new FormatError(`it is a ${kind}, which devices cannot read. Pack it as a regular file.`, {
        member: name,
      });
    }
    if (inode.sizeBytes > maxBytes) {
      throw new FormatError(
        `it claims ${inode.sizeBytes} bytes; it may have at most ${maxBytes}. ` +
          'The wrong file was packed, or the image is damaged: build it again.',
        { member: name },
      );
    }
    return this.content(inode);
  }

  /**
   * How many bytes each of these files has; those that the root folder lacks are left out, as is what is no regular
   * file.
   * @throws FormatError when the image is damaged
   */
  async rootFileSizes(names: readonly string[]): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const [name, place] of await this.places(names)) {
      const inode = await readInode(this.image, place);
      if (inode.kind === 'file') sizes.set(name, inode.sizeBytes);
    }
    return sizes;
  }

  private async places(names: readonly string[]): Promise<Map<string, MetadataPlace>> {
    const { rootInode } = this.image.superblock;
    const root = await readInode(this.image, rootInode);
    if (root.kind === 'directory') return findNames(this.image, root, new Set(names));
    throw new FormatError(`what should be the root folder is none. ${DAMAGED}`, {
      offset: rootInode.blockAt,
    });
  }

  private async content(file: FileInode): Promise<Buffer> {
    const { blockBytes } = this.image.superblock;
    const tailBytes = file.fragment ? file.sizeBytes % blockBytes : 0;
    const parts: Buffer[] = [];
    let [left, at] = [file.sizeBytes - tailBytes, file.blocksAt];
    while (left > 0) {
      const sizeField = (await file.blockSizes.take(4)).readUInt32LE(0);
      const part = await this.image.dataBlock({ at, sizeField }, Math.min(left, blockBytes));
      parts.push(part);
      left -= part.length;
      at += sizeField & 0xffffff;
    }
    if (tailBytes > 0) parts.push(await this.tail(file, tailBytes));
    return Buffer.concat(parts);
  }

  private async tail({ fragment }: FileInode, tailBytes: number): Promise<Buffer> {
    const { fragments, fragmentTableAt } = this.image.superblock;
    const { index, offset } = fragment ?? { index: 0, offset: 0 };
    if (fragmentTableAt === undefined || index >= fragments) {
      throw new FormatError(`it asks for fragment ${index}, but there are ${fragments}. ${DAMAGED}`);
    }
    const pointerAt = fragmentTableAt + 8 * Math.floor(index / FRAGMENTS_OF_A_BLOCK);
    const blockAt = Number((await this.image.raw(pointerAt, 8)).readBigUInt64LE(0));
    const place = { blockAt, offset: (index % FRAGMENTS_OF_A_BLOCK) * FRAGMENT_ENTRY_BYTES };
    const entry = await new MetadataCursor(this.image, place).take(FRAGMENT_ENTRY_BYTES);
    const at = Number(entry.readBigUInt64LE(0));
    const block = await this.image.fragmentBlock({ at, sizeField: entry.readUInt32LE(8) });
    if (offset + tailBytes > block.length) {
      throw new FormatError(
        `its last ${tailBytes} bytes should begin at byte ${offset} of a fragment of ${block.length}. ${DAMAGED}`,
        { offset: at },
      );
    }
    return block.subarray(offset, offset + tailBytes);
  }
}

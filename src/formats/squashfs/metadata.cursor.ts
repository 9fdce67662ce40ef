import { FormatError } from '../format.error';
import type { MetadataPlace } from './superblock';
import type { SquashfsImage, UnpackedBlock } from './squashfs-image';

/** Reads on through metadata from one place; records may lie across the blocks' borders. */
export class MetadataCursor {
  private block: UnpackedBlock | undefined;
  private blockAt: number;
  private offset: number;

  constructor(
    private readonly image: SquashfsImage,
    place: MetadataPlace,
  ) {
    this.blockAt = place.blockAt;
    this.offset = place.offset;
  }

  /**
   * The next bytes, exactly that many.
   * @throws FormatError when the blocks do not go on
   */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const block = await this.current();
      const part = block.bytes.subarray(this.offset, this.offset + missing);
      parts.push(part);
      missing -= part.length;
      this.offset += part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** The block with the next byte. */
  private async current(): Promise<UnpackedBlock> {
    this.block ??= await this.image.metadataBlock(this.blockAt);
    if (this.offset === this.block.bytes.length) {
      this.blockAt = this.block.nextAt;
      this.block = await this.image.metadataBlock(this.blockAt);
      this.offset = 0;
    }
    if (this.offset > this.block.bytes.length) {
      throw new FormatError(
        `byte ${this.offset} of a block of metadata is asked for, but it has ${this.block.bytes.length}. ` +
          'The file is damaged: build it again, or send it again.',
        { offset: this.blockAt },
      );
    }
    return this.block;
  }
}

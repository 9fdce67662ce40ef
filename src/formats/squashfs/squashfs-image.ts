import { isWithin, type ByteSource } from '../byte-source';
import { FormatError } from '../format.error';
import { loadUnpack, type Unpack } from './compressors';
import { parseSuperblock, SUPERBLOCK_BYTES, type Superblock } from './superblock';

const METADATA_BYTES = 8192;
const METADATA_STORED = 0x8000;
const DATA_STORED = 0x1000000;
const DAMAGED = 'The file is damaged: build it again, or send it again.';

/** A block of metadata, and where the next one begins. */
export interface UnpackedBlock {
  readonly bytes: Buffer;
  readonly nextAt: number;
}

/** A block as it is stored: where, and the field that says its length and whether it is compressed. */
export interface StoredBlock {
  readonly at: number;
  readonly sizeField: number;
}

/** The blocks of a squashfs, unpacked one at a time; each is bounded by what its kind may have. */
export class SquashfsImage {
  private last: { readonly at: number; readonly block: UnpackedBlock } | undefined;

  private constructor(
    private readonly source: ByteSource,
    readonly superblock: Superblock,
    private readonly unpack: Unpack,
  ) {}

  /**
   * @param source begins with the image
   * @param availableBytes how much of it can belong to the image
   * @throws FormatError when it is no squashfs that can be read
   */
  static async open(source: ByteSource, availableBytes: number): Promise<SquashfsImage> {
    const head = await source.read(0, Math.min(SUPERBLOCK_BYTES, availableBytes));
    const superblock = parseSuperblock(head, availableBytes);
    return new SquashfsImage(source, superblock, await loadUnpack(superblock.compressor));
  }

  /** Bytes as they stand in the image. */
  raw(offset: number, length: number): Promise<Buffer> {
    const { imageBytes } = this.superblock;
    if (!isWithin(this.source, offset, length) || offset + length > imageBytes) {
      throw new FormatError(
        `its tables lead to ${length} bytes at byte ${offset}, but the image has ${imageBytes}. ${DAMAGED}`,
      );
    }
    return this.source.read(offset, length);
  }

  /** The last block is kept: records that belong together mostly lie in one. */
  async metadataBlock(at: number): Promise<UnpackedBlock> {
    if (this.last?.at === at) return this.last.block;
    const sizeField = (await this.raw(at, 2)).readUInt16LE(0);
    const length = sizeField & ~METADATA_STORED;
    if (length === 0 || length > METADATA_BYTES) {
      throw new FormatError(
        `a block of metadata of ${length} bytes is declared; 1 to ${METADATA_BYTES} are possible. ${DAMAGED}`,
        { offset: at },
      );
    }
    const stored = await this.raw(at + 2, length);
    const bytes =
      (sizeField & METADATA_STORED) !== 0 ? stored : this.unpacked(stored, { at, maxBytes: METADATA_BYTES });
    const block = { bytes, nextAt: at + 2 + length };
    this.last = { at, block };
    return block;
  }

  /**
   * One block of data.
   * @param wholeBytes what it holds, exactly
   */
  async dataBlock({ at, sizeField }: StoredBlock, wholeBytes: number): Promise<Buffer> {
    const length = sizeField & ~DATA_STORED;
    if (length === 0) return Buffer.alloc(wholeBytes);
    const bytes = await this.block({ at, sizeField }, wholeBytes);
    if (bytes.length === wholeBytes) return bytes;
    throw new FormatError(
      `a block of data holds ${bytes.length} bytes, but ${wholeBytes} belong there. ${DAMAGED}`,
      { offset: at },
    );
  }

  /** A block that several files share the ends of; only its largest length is known. */
  fragmentBlock(stored: StoredBlock): Promise<Buffer> {
    return this.block(stored, this.superblock.blockBytes);
  }

  private async block({ at, sizeField }: StoredBlock, maxBytes: number): Promise<Buffer> {
    const length = sizeField & ~DATA_STORED;
    if (length === 0 || length > this.superblock.blockBytes) {
      throw new FormatError(
        `a block of data of ${length} bytes is declared; 1 to ${this.superblock.blockBytes} are possible. ${DAMAGED}`,
        { offset: at },
      );
    }
    const stored = await this.raw(at, length);
    return (sizeField & DATA_STORED) !== 0 ? stored : this.unpacked(stored, { at, maxBytes });
  }

  private unpacked(stored: Buffer, { at, maxBytes }: { at: number; maxBytes: number }): Buffer {
    let reason = 'it holds nothing.';
    try {
      const bytes = this.unpack(stored, maxBytes);
      if (bytes.length > 0) return bytes;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      reason = error.reason;
    }
    throw new FormatError(
      `the block of ${stored.length} bytes there cannot be unpacked: ${reason} ${DAMAGED}`,
      { offset: at },
    );
  }
}

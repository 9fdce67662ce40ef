import type { Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { GrowingBuffer } from '../cpio/growing-buffer';
import { FormatError } from '../format.error';
import { PARTITION_BYTES, isPartition } from './esp-file-kind';

const SECTOR_BYTES = 4096;
const BLOCK_BYTES = 1216;
const MOST_BLOCKS = 3;
const BLOCK_MAGIC = 0xe7;
const RSA = 2;
const ECDSA = 3;
const DIGEST_AT = 4;
const DIGEST_BYTES = 32;
const CRC_AT = 1196;
const ERASED = 0xff;
/** Secure boot v1 appends the number 0 and a signature by ECDSA. */
const OLD_SIGNATURE_BYTES = 68;

/** What was found behind an image. */
export interface EspTrailerFacts {
  readonly signatureBlocks: number;
  /** What follows has the form of a signature of secure boot v1. */
  readonly hasOldSignature: boolean;
  readonly hasDamagedSignature: boolean;
  /** Bytes that are neither erased flash nor a signature. */
  readonly otherBytes: number;
  /** Where a partition table was found, which only a merged flash image has. */
  readonly partitionTableAt?: number;
}

/**
 * What follows an image: nothing, padding, a signature of secure boot v2 in the next sector of flash, or the rest of a
 * merged flash image. It holds one sector at most.
 */
export class EspTrailer {
  private offset: number;
  private readonly signatureAt: number;
  private readonly start: number;
  private readonly beginning = new GrowingBuffer();
  private readonly head = new GrowingBuffer();
  private signatureBlocks = 0;
  private hasDamagedSignature = false;
  private otherBytes = 0;
  private partitionTableAt: number | undefined;

  /**
   * @param offset where the image ended
   * @param signed a hash over the image, which a signature covers together with the padding before it
   */
  constructor(
    offset: number,
    private readonly signed: Hash,
  ) {
    this.offset = offset;
    this.start = offset;
    this.signatureAt = Math.ceil(offset / SECTOR_BYTES) * SECTOR_BYTES;
  }

  /** Takes what belongs to the present sector of flash, and says how much that was. */
  append(chunk: Buffer): number {
    const sectorEnd = (Math.floor(this.offset / SECTOR_BYTES) + 1) * SECTOR_BYTES;
    const part = chunk.subarray(0, sectorEnd - this.offset);
    if (this.beginning.length < OLD_SIGNATURE_BYTES) {
      this.beginning.append(part.subarray(0, OLD_SIGNATURE_BYTES - this.beginning.length));
    }
    if (this.offset < this.signatureAt) this.padding(part);
    else this.head.append(part.subarray(0, this.wantedBytes() - this.head.length));
    if (this.offset >= this.signatureAt + SECTOR_BYTES) this.otherBytes += countOther(part);
    this.offset += part.length;
    if (this.offset === sectorEnd) this.sectorEnds();
    return part.length;
  }

  /** @throws FormatError when the signature was made for another image */
  end(): EspTrailerFacts {
    this.sectorEnds();
    const { signatureBlocks, hasDamagedSignature, otherBytes, partitionTableAt } = this;
    const isOld =
      this.offset - this.start === OLD_SIGNATURE_BYTES && this.beginning.take().readUInt32LE(0) === 0;
    return {
      signatureBlocks,
      hasOldSignature: isOld,
      hasDamagedSignature,
      otherBytes: isOld ? 0 : otherBytes,
      ...(partitionTableAt !== undefined && { partitionTableAt }),
    };
  }

  private padding(part: Buffer): void {
    this.signed.update(part);
    this.otherBytes += countOther(part);
  }

  private wantedBytes(): number {
    return this.isSignatureSector() ? SECTOR_BYTES : PARTITION_BYTES;
  }

  private isSignatureSector(): boolean {
    return this.offset >= this.signatureAt && this.offset < this.signatureAt + SECTOR_BYTES;
  }

  private sectorEnds(): void {
    const head = this.head.take();
    if (head.length === 0) return;
    const start = Math.floor((this.offset - 1) / SECTOR_BYTES) * SECTOR_BYTES;
    if (this.partitionTableAt === undefined && isPartition(head)) this.partitionTableAt = start;
    if (start === this.signatureAt) this.signatureSector(head);
  }

  private signatureSector(sector: Buffer): void {
    let at = 0;
    while (this.signatureBlocks < MOST_BLOCKS && isSignatureBlock(sector.subarray(at))) {
      const block = sector.subarray(at, at + BLOCK_BYTES);
      if (crc32(block.subarray(0, CRC_AT)) !== block.readUInt32LE(CRC_AT)) {
        this.hasDamagedSignature = true;
        break;
      }
      this.requireDigest(block, at);
      this.signatureBlocks += 1;
      at += BLOCK_BYTES;
    }
    this.otherBytes += countOther(sector.subarray(at));
  }

  /** Blocks of ECDSA may hold a digest of another kind, so only those of RSA are compared. */
  private requireDigest(block: Buffer, at: number): void {
    if (block[1] !== RSA) return;
    const digest = this.signed.copy().digest();
    if (block.subarray(DIGEST_AT, DIGEST_AT + DIGEST_BYTES).equals(digest)) return;
    throw new FormatError(
      `signature block ${this.signatureBlocks + 1} was made for other bytes: it names the SHA-256 ` +
        `${block.toString('hex', DIGEST_AT, DIGEST_AT + DIGEST_BYTES)}, the image has ${digest.toString('hex')}. ` +
        'Sign the image again, or send it again if it was damaged.',
      { offset: this.signatureAt + at + DIGEST_AT },
    );
  }
}

function isSignatureBlock(bytes: Buffer): boolean {
  const [magic, version] = bytes;
  return bytes.length >= BLOCK_BYTES && magic === BLOCK_MAGIC && (version === RSA || version === ECDSA);
}

function countOther(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== ERASED) count++;
  return count;
}

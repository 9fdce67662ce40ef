import { createHash } from 'node:crypto';
import { GrowingBuffer } from '../cpio/growing-buffer';
import { FormatError } from '../format.error';
import { findEspChip, isFlashAddress } from './esp-chip';
import { DESCRIPTION_BYTES, hasDescriptionMagic, parseEspDescription } from './esp-description';
import { ESP_HEAD_BYTES, espFileKind, explainEspFile } from './esp-file-kind';
import {
  ESP_MAGIC,
  HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  parseEspHeader,
  parseSegmentHeader,
  type EspHeader,
} from './esp-header';
import type { EspDescription, EspImage, EspSegment } from './esp-image';
import { espWarnings } from './esp-warnings';
import { EspTrailer, type EspTrailerFacts } from './esp-trailer';

const CHECKSUM_SEED = 0xef;
const CHECKSUM_ALIGNMENT = 16;
const HASH_BYTES = 32;
const UPLOAD_APPLICATION = 'Upload the application, build/<project>.bin in an ESP-IDF project.';
const CUT_SHORT = 'The file is cut short: build or send it again.';
const DAMAGED = 'The file is damaged: send or build it again.';

type State = 'header' | 'segment-header' | 'segment' | 'checksum' | 'hash' | 'trailer' | 'foreign';

/**
 * Push parser of ESP-IDF application images (ESP-IDF Programming Guide, "App Image Format"). Feed it with `write` as
 * the bytes arrive, then call `end`. It holds a few kilobytes whatever the size, and verifies the checksum and the
 * appended hash. After a refusal each further call throws the same error.
 */
export class EspImageReader {
  private state: State = 'header';
  private offset = 0;
  private failure: Error | undefined;
  private readonly pending = new GrowingBuffer();
  private readonly hash = createHash('sha256');
  private header: EspHeader | undefined;
  private readonly segments: EspSegment[] = [];
  private segmentEnd = 0;
  private checksum = CHECKSUM_SEED;
  private application: EspDescription | undefined;
  private sha256: string | undefined;
  private imageBytes = 0;
  private trailer: EspTrailer | undefined;

  /**
   * Takes the next bytes of the file; they are not kept and may be reused by the caller afterwards.
   * @throws FormatError at the first fault
   */
  write(chunk: Buffer): void {
    this.guard(() => {
      let at = 0;
      while (at < chunk.length) {
        const taken = this.take(chunk.subarray(at));
        at += taken;
        this.offset += taken;
        this.turn();
      }
    });
  }

  /**
   * Says that there are no more bytes, and answers what the image is.
   * @throws FormatError when the image is cut short, or is no application
   */
  end(): EspImage {
    return this.guard(() => {
      if (this.state === 'foreign') throw this.foreignFile();
      if (this.header === undefined || this.trailer === undefined) throw this.cutShort();
      const trailer = this.trailer.end();
      this.requireApplication(this.header, trailer);
      return this.image(this.header, trailer);
    });
  }

  private guard<T>(step: () => T): T {
    if (this.failure !== undefined) throw this.failure;
    try {
      return step();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw this.failure;
    }
  }

  /** Takes what the present state can use, at least one byte, and says how much that was. */
  private take(chunk: Buffer): number {
    switch (this.state) {
      case 'header':
        return this.collect(chunk, HEADER_BYTES);
      case 'segment-header':
        return this.collect(chunk, SEGMENT_HEADER_BYTES);
      case 'segment':
        return this.takeSegment(chunk);
      case 'checksum':
        return this.collect(
          chunk,
          CHECKSUM_ALIGNMENT - ((this.offset - this.pending.length) % CHECKSUM_ALIGNMENT),
        );
      case 'hash':
        return this.collect(chunk, HASH_BYTES);
      case 'trailer':
        return this.trailer?.append(chunk) ?? chunk.length;
      case 'foreign':
        this.pending.append(chunk.subarray(0, ESP_HEAD_BYTES - this.pending.length));
        return chunk.length;
    }
  }

  private collect(chunk: Buffer, wanted: number): number {
    const part = chunk.subarray(0, wanted - this.pending.length);
    this.pending.append(part);
    if (this.state !== 'hash') this.hash.update(part);
    return part.length;
  }

  private takeSegment(chunk: Buffer): number {
    const part = chunk.subarray(0, this.segmentEnd - this.offset);
    this.hash.update(part);
    this.checksum = xorOf(part, this.checksum);
    if (this.segments.length === 1) {
      this.pending.append(part.subarray(0, Math.max(0, DESCRIPTION_BYTES - this.pending.length)));
    }
    return part.length;
  }

  /** Moves on when the present state has all its bytes; a segment may need none. */
  private turn(): void {
    if (this.state === 'header') this.headerGrows();
    else if (this.state === 'segment-header' && this.pending.length === SEGMENT_HEADER_BYTES) {
      this.segmentBegins(
        parseSegmentHeader(this.pending.take(), this.offset - SEGMENT_HEADER_BYTES, this.next()),
      );
    }
    if (this.state === 'segment' && this.offset === this.segmentEnd) this.segmentEnds();
    else if (this.state === 'checksum' && this.offset % CHECKSUM_ALIGNMENT === 0) this.checksumEnds();
    else if (this.state === 'hash' && this.pending.length === HASH_BYTES) this.hashEnds();
  }

  private headerGrows(): void {
    if (this.pending.length < HEADER_BYTES) return;
    const bytes = this.pending.take();
    if (bytes[0] !== ESP_MAGIC || espFileKind(bytes) === 'esp8266') {
      this.state = 'foreign';
      this.pending.append(bytes);
      return;
    }
    this.header = parseEspHeader(bytes);
    this.state = 'segment-header';
  }

  private segmentBegins({ address, sizeBytes }: { address: number; sizeBytes: number }): void {
    this.segments.push({ address, sizeBytes, offset: this.offset - SEGMENT_HEADER_BYTES });
    this.segmentEnd = this.offset + sizeBytes;
    this.state = 'segment';
  }

  private segmentEnds(): void {
    const start = this.pending.take();
    if (start.length === DESCRIPTION_BYTES && hasDescriptionMagic(start)) {
      this.application = parseEspDescription(start, HEADER_BYTES + SEGMENT_HEADER_BYTES);
    }
    this.state = this.segments.length === this.header?.segmentsCount ? 'checksum' : 'segment-header';
  }

  private checksumEnds(): void {
    const stored = this.pending.take().at(-1) ?? 0;
    if (stored !== this.checksum) {
      throw new FormatError(
        `the checksum of the ${this.segments.length} segments is ${hexByte(this.checksum)}, the image says ` +
          `${hexByte(stored)}. ${DAMAGED}`,
        { offset: this.offset - 1 },
      );
    }
    if (this.header?.hasHash === true) this.state = 'hash';
    else this.imageEnds();
  }

  private hashEnds(): void {
    const stored = this.pending.take();
    this.sha256 = this.hash.copy().digest('hex');
    if (stored.toString('hex') !== this.sha256) {
      throw new FormatError(
        `the SHA-256 of the image is ${this.sha256}, the one appended to it is ${stored.toString('hex')}. ${DAMAGED}`,
        { offset: this.offset - HASH_BYTES },
      );
    }
    this.hash.update(stored);
    this.imageEnds();
  }

  private imageEnds(): void {
    this.trailer = new EspTrailer(this.offset, this.hash);
    this.imageBytes = this.offset;
    this.state = 'trailer';
  }

  /** The segment that comes next, in words. */
  private next(): string {
    return `segment ${this.segments.length + 1} of ${this.header?.segmentsCount ?? 0}`;
  }

  /** An application has parts that stay in flash or, at the least, a description. */
  private requireApplication({ chipId }: EspHeader, { partitionTableAt }: EspTrailerFacts): void {
    const chip = findEspChip(chipId);
    if (this.application !== undefined || chip === undefined) return;
    if (this.segments.some(({ address }) => isFlashAddress(chip, address))) return;
    if (partitionTableAt !== undefined) {
      throw new FormatError(
        `${explainEspFile('merged-flash')} Its partition table is at byte ${partitionTableAt}.`,
        { offset: 0 },
      );
    }
    throw new FormatError(
      `this is a bootloader for ${chip.model}, or a program that runs in memory alone: none of its ` +
        `${this.segments.length} segments stays in flash. ${UPLOAD_APPLICATION}`,
      { offset: 0 },
    );
  }

  private image(header: EspHeader, trailer: EspTrailerFacts): EspImage {
    const chip = findEspChip(header.chipId)?.model;
    const image = {
      ...(this.application !== undefined && { application: this.application }),
      chipId: header.chipId,
      ...(chip !== undefined && { chip }),
      revisions: header.revisions,
      entryAddress: header.entryAddress,
      flash: header.flash,
      segments: this.segments,
      sizeBytes: this.imageBytes,
      ...(this.sha256 !== undefined && { sha256: this.sha256 }),
      ...secureBootOf(trailer),
      signatureBlocks: trailer.signatureBlocks,
    };
    return { ...image, warnings: espWarnings(image, trailer) };
  }

  private foreignFile(): FormatError {
    const head = this.pending.take();
    const kind = espFileKind(head);
    if (kind !== undefined && kind !== 'image') return new FormatError(explainEspFile(kind), { offset: 0 });
    return new FormatError(
      `this is no ESP-IDF image: it begins with ${hexByte(head[0] ?? 0)}, not with 0xe9. ${UPLOAD_APPLICATION}`,
      { offset: 0 },
    );
  }

  private cutShort(): FormatError {
    const { offset, segments, segmentEnd } = this;
    if (offset === 0) return new FormatError('the file is empty. Send the image itself.', { offset });
    const segment = segments.at(-1);
    const count = this.header?.segmentsCount ?? 0;
    const where: Readonly<Record<State, string>> = {
      header: `inside the header, after ${offset} of ${HEADER_BYTES} bytes`,
      'segment-header': `before ${this.next()}`,
      segment:
        `inside segment ${segments.length} of ${count}, ` +
        `after ${(segment?.sizeBytes ?? 0) - (segmentEnd - offset)} of ${segment?.sizeBytes ?? 0} bytes`,
      checksum: 'before its checksum',
      hash: 'inside the appended SHA-256',
      trailer: 'well',
      foreign: 'well',
    };
    return new FormatError(`the image ends ${where[this.state]}. ${CUT_SHORT}`, { offset });
  }
}

function secureBootOf({ signatureBlocks, hasOldSignature }: EspTrailerFacts): Pick<EspImage, 'secureBoot'> {
  if (signatureBlocks > 0) return { secureBoot: 2 };
  return hasOldSignature ? { secureBoot: 1 } : {};
}

function xorOf(bytes: Buffer, seed: number): number {
  let sum = seed;
  for (let at = 0; at < bytes.length; at++) sum ^= bytes[at] as number;
  return sum;
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

import type { ByteSource } from '../../../formats/byte-source';
import {
  ESP_HEAD_BYTES,
  espFileKind,
  explainEspFile,
  type EspFileKind,
} from '../../../formats/esp-image/esp-file-kind';
import { EspImageReader } from '../../../formats/esp-image/esp-image.reader';
import { FormatError } from '../../../formats/format.error';
import { looksLikeRaucb, mayEndInCms, MOST_SIGNATURE_BYTES } from '../../../formats/raucb/raucb.reader';
import { hasSquashfsMagic } from '../../../formats/squashfs/superblock';
import { looksLikeSwu, SwuReader } from '../../../formats/swu/swu.reader';
import type { BundleFacts } from './bundle-facts';
import { factsOfEspImage } from './esp-facts';
import { HeldBackHash } from './held-back-hash';
import { LastBytes, withEnd } from './last-bytes';
import { factsOfRaucb } from './raucb-facts';
import { factsOfSwu } from './swu-facts';

/** A reader that takes the bytes as they come. */
interface Stream {
  write(chunk: Buffer): void;
  end(): BundleFacts;
}

/** As many first bytes as a .swu is recognised by. */
const SWU_MAGIC_BYTES = 6;

/**
 * Understands a file while its bytes stream by. The content decides, not the name; but a file *named* .swu or .raucb that is
 * none is refused, since every device that it is for would refuse it too.
 */
export class BundleReader {
  private head = Buffer.alloc(0);
  /** As they came: what is judged of the end must not come from a second reading, which may give others. */
  private readonly last = new LastBytes(MOST_SIGNATURE_BYTES);
  private stream: Stream | 'none' | undefined;
  private espKind: EspFileKind | undefined;
  /** Of what begins as a plain .raucb does, and is none of the other formats. */
  private squashfsHash: HeldBackHash | undefined;

  constructor(private readonly fileName: string) {}

  /** @throws FormatError as soon as the bytes can be no bundle of their format. */
  write(chunk: Buffer): void {
    if (this.stream !== undefined) {
      if (this.stream === 'none') this.last.write(chunk);
      else this.stream.write(chunk);
      this.squashfsHash?.write(chunk);
      return;
    }
    this.head = Buffer.concat([this.head, chunk]);
    if (this.head.length >= ESP_HEAD_BYTES) this.decide();
    else if (this.head.length >= SWU_MAGIC_BYTES && looksLikeSwu(this.head)) this.decide();
  }

  /**
   * @param source the whole file again, for formats that cannot be read front to back
   * @param compatiblePattern what takes a `compatible` of RAUC apart
   * @throws FormatError when the file is not whole or contradicts itself
   */
  async end(source: ByteSource, compatiblePattern?: string): Promise<BundleFacts> {
    if (this.stream === undefined) this.decide();
    if (this.stream !== undefined && this.stream !== 'none') return this.stream.end();
    const whole = withEnd(source, this.last.bytes);
    if (await this.isRaucb(whole)) return factsOfRaucb(whole, this.squashfsHash, compatiblePattern);
    return opaque(this.espKind);
  }

  private decide(): void {
    this.stream = this.streamFor(this.head) ?? 'none';
    if (this.stream === 'none') this.last.write(this.head);
    else this.stream.write(this.head);
    if (this.stream === 'none' && hasSquashfsMagic(this.head)) {
      this.squashfsHash = new HeldBackHash(MOST_SIGNATURE_BYTES);
      this.squashfsHash.write(this.head);
    }
    this.head = Buffer.alloc(0);
  }

  private streamFor(head: Buffer): Stream | undefined {
    if (looksLikeSwu(head)) {
      const swu = new SwuReader({ missingImages: 'warn' });
      return { write: (chunk) => swu.write(chunk), end: () => factsOfSwu(swu.end(), swu.signedPart()) };
    }
    if (this.isNamed('.swu')) throw noSwu(head);
    this.espKind = espFileKind(head);
    if (this.espKind !== 'image') return undefined;
    const image = new EspImageReader();
    return { write: (chunk) => image.write(chunk), end: () => factsOfEspImage(image.end()) };
  }

  /** Bundles of the form crypt have no magic at their beginning, so the end decides. */
  private async isRaucb(source: ByteSource): Promise<boolean> {
    if (this.isNamed('.raucb')) return true;
    return mayEndInCms(this.last.bytes, source.size) && looksLikeRaucb(source);
  }

  private isNamed(ending: string): boolean {
    return this.fileName.toLowerCase().endsWith(ending);
  }
}

function noSwu(head: Buffer): FormatError {
  const found =
    head.length === 0
      ? 'it is empty'
      : 'it does not begin with the magic of a cpio archive (070701 or 070702)';
  return new FormatError(
    `This is no SWUpdate bundle: ${found}. Build it again, or upload it under another ending.`,
    { offset: 0 },
  );
}

const UNREAD =
  'The file is of no format that is known here: nothing of it was checked, and version and hardware are what the form says.';

function opaque(kind: EspFileKind | undefined): BundleFacts {
  const warning = kind === undefined || kind === 'image' ? UNREAD : explainEspFile(kind);
  return { format: 'opaque', hardware: [], warnings: [warning] };
}

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface SegmentSource {
  address: number;
  content: Buffer;
}

/** What an image is made from; what is left out is as in a sound application for the ESP32-S3. */
export interface EspSource {
  chipId?: number;
  description?: Buffer | undefined;
  segments?: readonly SegmentSource[];
  leastRevision?: number;
  mostRevision?: number;
  hasHash?: boolean;
  flashCode?: number;
  flashMode?: number;
  entryAddress?: number;
}

export interface DescriptionSource {
  version?: string | Buffer;
  project?: string | Buffer;
  idfVersion?: string;
  secureVersion?: number;
  elfSha256?: Buffer;
}

export const DROM_ADDRESS = 0x3c000020;

/** An `esp_app_desc_t`. */
export function aDescription(source: DescriptionSource = {}): Buffer {
  const bytes = Buffer.alloc(256);
  const put = (text: string | Buffer, at: number): void => void Buffer.from(text).copy(bytes, at);
  bytes.writeUInt32LE(0xabcd5432, 0);
  bytes.writeUInt32LE(source.secureVersion ?? 3, 4);
  put(source.version ?? '1.2.3', 16);
  put(source.project ?? 'blinky', 48);
  put('10:20:30', 80);
  put('Nov 21 2026', 96);
  put(source.idfVersion ?? 'v5.5.1', 112);
  put(source.elfSha256 ?? Buffer.alloc(32, 0xab), 144);
  return bytes;
}

/** An image as ESP-IDF's build writes it: header, segments, checksum, hash. */
export function anEspImage(source: EspSource = {}): Buffer {
  const description = 'description' in source ? source.description : aDescription();
  const segments = source.segments ?? [
    { address: DROM_ADDRESS, content: Buffer.concat([description ?? Buffer.alloc(0), Buffer.alloc(64, 1)]) },
    { address: 0x3fc91000, content: Buffer.from('data of some length.') },
    { address: 0x42010020, content: Buffer.alloc(300, 7) },
  ];
  const hasHash = source.hasHash ?? true;
  const parts = [anEspHeader(source, segments.length)];
  let checksum = 0xef;
  for (const { address, content } of segments) {
    const header = Buffer.alloc(8);
    header.writeUInt32LE(address, 0);
    header.writeUInt32LE(content.length, 4);
    parts.push(header, content);
    for (const byte of content) checksum ^= byte;
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const footer = Buffer.alloc(16 - (length % 16));
  footer[footer.length - 1] = checksum;
  const image = Buffer.concat([...parts, footer]);
  return hasHash ? Buffer.concat([image, createHash('sha256').update(image).digest()]) : image;
}

function anEspHeader(source: EspSource, segmentsCount: number): Buffer {
  const header = Buffer.alloc(24);
  header.set([0xe9, segmentsCount, source.flashMode ?? 2, source.flashCode ?? 0x4f]);
  header.writeUInt32LE(source.entryAddress ?? 0x40374000, 4);
  header[8] = 0xee;
  header.writeUInt16LE(source.chipId ?? 9, 12);
  header.writeUInt16LE(source.leastRevision ?? 0, 15);
  header.writeUInt16LE(source.mostRevision ?? 0xffff, 17);
  header[23] = (source.hasHash ?? true) ? 1 : 0;
  return header;
}

/** A bootloader: nothing of it stays in flash. */
export function aBootloader(source: EspSource = {}): Buffer {
  return anEspImage({ segments: [{ address: 0x3fcd5820, content: Buffer.alloc(80, 0x50) }], ...source });
}

/** A partition table of one application. */
export function aPartitionTable(): Buffer {
  const table = Buffer.alloc(3072, 0xff);
  const entry = Buffer.alloc(32);
  entry.set([0xaa, 0x50, 0, 0x10]);
  entry.writeUInt32LE(0x10000, 4);
  entry.writeUInt32LE(0x100000, 8);
  entry.write('factory', 12);
  entry.copy(table);
  return table;
}

/** Files at their places in erased flash. */
export function aFlash(...places: readonly (readonly [offset: number, bytes: Buffer])[]): Buffer {
  const flash = Buffer.alloc(Math.max(...places.map(([offset, bytes]) => offset + bytes.length)), 0xff);
  for (const [offset, bytes] of places) bytes.copy(flash, offset);
  return flash;
}

/** The image as a signer of secure boot v2 leaves it; the signature itself is nobody's. */
export function signedEspImage(image: Buffer, blocks = 1): Buffer {
  const padded = Buffer.concat([image, Buffer.alloc((4096 - (image.length % 4096)) % 4096, 0xff)]);
  const block = Buffer.alloc(1216);
  block.set([0xe7, 2]);
  createHash('sha256').update(padded).digest().copy(block, 4);
  block.writeUInt32LE(crc32(block.subarray(0, 1196)), 1196);
  const sector = Buffer.alloc(4096, 0xff);
  for (let at = 0; at < blocks; at++) block.copy(sector, at * block.length);
  return Buffer.concat([padded, sector]);
}

import { FormatError } from '../format.error';
import { findEspChip } from './esp-chip';
import type { EspFlash, EspRevisionRange } from './esp-image';

/** The first byte of each image for the ESP8266 and the ESP32 family. */
export const ESP_MAGIC = 0xe9;
/** Bytes of the header with its extension, `esp_image_header_t`. */
export const HEADER_BYTES = 24;
/** Bytes before each segment: where it is loaded, and its length. */
export const SEGMENT_HEADER_BYTES = 8;
/** No bootloader takes more. */
export const MAX_SEGMENTS = 16;
/** No bootloader takes a segment of as many bytes. */
export const SEGMENT_END_BYTES = 0x1000000;

const CHIP_ID_AT = 12;
const LEGACY_REVISION_AT = 14;
const LEAST_REVISION_AT = 15;
const MOST_REVISION_AT = 17;
const RESERVED_AT = 19;
const HASH_FLAG_AT = 23;
const ANY_REVISION = 0xffff;
const FLASH_MODES = ['qio', 'qout', 'dio', 'dout', 'fast', 'slow'] as const;
const LARGEST_FLASH_CODE = 7;
const MEGABYTE = 1024 * 1024;

/** What the header says; `chipId` may be one that is not known. */
export interface EspHeader {
  readonly segmentsCount: number;
  readonly entryAddress: number;
  readonly chipId: number;
  readonly flash: EspFlash;
  readonly revisions: EspRevisionRange;
  /** A SHA-256 of everything before it ends the image. */
  readonly hasHash: boolean;
}

/** Where a segment is loaded, and its length. */
export interface EspSegmentHeader {
  readonly address: number;
  readonly sizeBytes: number;
}

/**
 * Whether bytes that begin with the magic may be a header: what no build tool would write speaks against it. A
 * random file passes once in 10^15.
 */
export function isPlausibleHeader(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES || bytes[0] !== ESP_MAGIC) return false;
  const segments = bytes.readUInt8(1);
  return (
    segments >= 1 &&
    segments <= MAX_SEGMENTS &&
    bytes.readUInt8(2) < FLASH_MODES.length &&
    bytes.readUInt8(3) >> 4 <= LARGEST_FLASH_CODE &&
    findEspChip(bytes.readUInt16LE(CHIP_ID_AT)) !== undefined &&
    bytes.readUInt32LE(RESERVED_AT) === 0 &&
    bytes.readUInt8(HASH_FLAG_AT) <= 1
  );
}

/**
 * Reads a header of 24 bytes that begins with the magic.
 * @throws FormatError when a device would refuse it
 */
export function parseEspHeader(bytes: Buffer): EspHeader {
  const segmentsCount = bytes.readUInt8(1);
  if (segmentsCount === 0 || segmentsCount > MAX_SEGMENTS) {
    throw new FormatError(
      `the header announces ${segmentsCount} segments; 1 to ${MAX_SEGMENTS} are possible. ` +
        'The file is damaged, or the linker script makes too many: build the image again.',
      { offset: 1 },
    );
  }
  const hashFlag = bytes.readUInt8(HASH_FLAG_AT);
  if (hashFlag > 1) {
    throw new FormatError(
      `the header's byte about the appended hash is ${hashFlag}; only 0 and 1 are possible. ` +
        'The file is damaged: send or build it again.',
      { offset: HASH_FLAG_AT },
    );
  }
  const chipId = bytes.readUInt16LE(CHIP_ID_AT);
  return {
    segmentsCount,
    entryAddress: bytes.readUInt32LE(4),
    chipId,
    flash: flashOf(bytes, chipId),
    revisions: revisionsOf(bytes),
    hasHash: hashFlag === 1,
  };
}

/**
 * Reads what stands before a segment.
 * @param name the segment in words, like `segment 2 of 5`
 * @throws FormatError when its length is none that a bootloader takes
 */
export function parseSegmentHeader(bytes: Buffer, offset: number, name: string): EspSegmentHeader {
  const address = bytes.readUInt32LE(0);
  const sizeBytes = bytes.readUInt32LE(4);
  const fault =
    sizeBytes >= SEGMENT_END_BYTES
      ? `less than ${SEGMENT_END_BYTES} are possible`
      : sizeBytes % 4 !== 0
        ? 'only multiples of 4 are possible'
        : undefined;
  if (fault !== undefined) {
    throw new FormatError(
      `${name} declares ${sizeBytes} bytes; ${fault}. The file is damaged: send or build it again.`,
      { offset },
    );
  }
  return { address, sizeBytes };
}

function flashOf(bytes: Buffer, chipId: number): EspFlash {
  const mode = FLASH_MODES[bytes.readUInt8(2)];
  const sizeAndFrequency = bytes.readUInt8(3);
  const sizeCode = sizeAndFrequency >> 4;
  const frequencyMhz = findEspChip(chipId)?.flashFrequencies[sizeAndFrequency & 0xf];
  return {
    ...(mode !== undefined && { mode }),
    ...(sizeCode <= LARGEST_FLASH_CODE && { sizeBytes: MEGABYTE * 2 ** sizeCode }),
    ...(frequencyMhz !== undefined && { frequencyMhz }),
  };
}

/** Images from before ESP-IDF 5 have the whole number of the least revision only, in a field of its own. */
function revisionsOf(bytes: Buffer): EspRevisionRange {
  const least = bytes.readUInt16LE(LEAST_REVISION_AT) || bytes.readUInt8(LEGACY_REVISION_AT) * 100;
  const most = bytes.readUInt16LE(MOST_REVISION_AT);
  if (most !== 0 && most < least) {
    throw new FormatError(
      `the header wants chips of revision ${revisionText(least)} or later, and none after ${revisionText(most)}: ` +
        'no chip fits. The file is damaged: send or build it again.',
      { offset: LEAST_REVISION_AT },
    );
  }
  return {
    ...(least !== 0 && { least: revisionText(least) }),
    ...(most !== 0 && most !== ANY_REVISION && { most: revisionText(most) }),
  };
}

function revisionText(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}

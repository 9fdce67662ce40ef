import { LATER_BOOTLOADER_OFFSETS } from './esp-chip';
import { hasDescriptionMagic } from './esp-description';
import { ESP_MAGIC, HEADER_BYTES, MAX_SEGMENTS, SEGMENT_HEADER_BYTES, isPlausibleHeader } from './esp-header';

/**
 * A file of the ESP world, by its content. `image` is what `EspImageReader` reads: an application, or a bootloader, or
 * a merged flash image that begins with one; which of them, it finds out.
 */
export type EspFileKind = 'image' | 'esp8266' | 'partition-table' | 'merged-flash';

/** As many first bytes as a file has to show to be recognised for certain. */
export const ESP_HEAD_BYTES = Math.max(...LATER_BOOTLOADER_OFFSETS) + HEADER_BYTES;
/** Bytes of an entry of a partition table. */
export const PARTITION_BYTES = 32;

const DESCRIPTION_AT = HEADER_BYTES + SEGMENT_HEADER_BYTES;
const PARTITION_MAGIC = 0x50aa;
const ERASED = 0xff;
const ESP8266_V2_MAGIC = 0xea;
const ESP8266_V2_SEGMENTS = 4;
const ESP8266_LAST_MODE = 3;
const ESP8266_LARGEST_SEGMENT = 1024 * 1024;
/** Data RAM, code RAM and mapped flash of an ESP8266. */
const ESP8266_MEMORY = [0x3ffe8000, 0x40300000] as const;
const ESP8266_CODE = [0x40100000, 0x40300000] as const;

const EXPLANATIONS: Readonly<Record<Exclude<EspFileKind, 'image'>, string>> = {
  esp8266:
    'This is an image for the ESP8266, which has neither a chip id nor a description in a known place: version and ' +
    'hardware cannot be read from it and must be given by hand.',
  'partition-table':
    'This is a partition table, not an application. Upload the application, build/<project>.bin in an ESP-IDF project.',
  'merged-flash':
    'This is a merged flash image: bootloader, partition table and application for an empty chip, as "esptool merge-bin" ' +
    'makes it. Devices update the application alone: upload that, build/<project>.bin in an ESP-IDF project.',
};

/**
 * What a file is, from its first bytes; names decide nothing, since `.bin` may be anything.
 * @param head the first `ESP_HEAD_BYTES`, or all of a smaller file; with less, some kinds are not recognised
 * @returns undefined when it is none of these kinds, even when it happens to begin with 0xE9
 */
export function espFileKind(head: Buffer): EspFileKind | undefined {
  const hasDescription = hasDescriptionMagic(head.subarray(DESCRIPTION_AT));
  if (isPlausibleHeader(head)) return isEsp8266Entry(head) ? 'esp8266' : 'image';
  // A damaged header, or a chip that is newer than this: the reader says so.
  if (hasDescription && head[0] === ESP_MAGIC) return 'image';
  if (isEsp8266(head)) return 'esp8266';
  if (isPartition(head)) return 'partition-table';
  return isMergedFlash(head) ? 'merged-flash' : undefined;
}

/** What a person should know about a file that is no application image; whole sentences. */
export function explainEspFile(kind: Exclude<EspFileKind, 'image'>): string {
  return EXPLANATIONS[kind];
}

/** Whether bytes begin with an entry of a partition table: its magic, a known type, and a label. */
export function isPartition(bytes: Buffer): boolean {
  if (bytes.length < PARTITION_BYTES || bytes.readUInt16LE(0) !== PARTITION_MAGIC) return false;
  const label = bytes.subarray(12, 28);
  const end = label.indexOf(0);
  const text = label.toString('latin1', 0, end === -1 ? label.length : end);
  return /^[ -~]+$/.test(text) && bytes.readUInt32LE(8) > 0;
}

/** ESP8266_RTOS_SDK writes the newer header with chip id 0, but its code lies where an ESP32 has none. */
function isEsp8266Entry(head: Buffer): boolean {
  const isChipZero = head.readUInt16LE(12) === 0;
  return isChipZero && isWithin(head.readUInt32LE(4), ESP8266_CODE);
}

/** The older header has 8 bytes, and the first segment follows at once. */
function isEsp8266(head: Buffer): boolean {
  if (head.length < 16 || head.readUInt8(2) > ESP8266_LAST_MODE) return false;
  if (!isWithin(head.readUInt32LE(4), ESP8266_CODE) || !isEsp8266Size(head.readUInt32LE(12))) return false;
  const segments = head.readUInt8(1);
  const address = head.readUInt32LE(8);
  if (head[0] === ESP8266_V2_MAGIC) return segments === ESP8266_V2_SEGMENTS && address === 0;
  return (
    head[0] === ESP_MAGIC && isWithin(segments, [1, MAX_SEGMENTS + 1]) && isWithin(address, ESP8266_MEMORY)
  );
}

function isEsp8266Size(sizeBytes: number): boolean {
  return sizeBytes > 0 && sizeBytes % 4 === 0 && sizeBytes <= ESP8266_LARGEST_SEGMENT;
}

function isWithin(value: number, [from, to]: readonly [number, number]): boolean {
  return from <= value && value < to;
}

/** What is before the bootloader of some chips is erased flash. */
function isMergedFlash(head: Buffer): boolean {
  return LATER_BOOTLOADER_OFFSETS.some(
    (offset) =>
      isPlausibleHeader(head.subarray(offset)) && head.subarray(0, offset).every((byte) => byte === ERASED),
  );
}

import { FormatError, quoted } from '../format.error';

/**
 * Bytes of a `newc`/`crc` header: the magic and 13 fields of 8 hexadecimal digits (cpio(5), "New ASCII
 * Format").
 */
export const HEADER_BYTES = 110;
/** Bytes of the magic that opens each header. */
export const MAGIC_BYTES = 6;
/** The name of the member that ends an archive. */
export const TRAILER_NAME = 'TRAILER!!!';

/** What the reader needs of a member's header. */
export interface CpioHeader {
  readonly sizeBytes: number;
  /** Bytes of the name with its closing NUL. */
  readonly nameBytes: number;
  /** Sum of all content bytes modulo 2^32; only in `crc` archives. */
  readonly checksum?: number;
}

const FIELD_BYTES = 8;
const SIZE_FIELD = 6;
const NAME_FIELD = 11;
const CHECK_FIELD = 12;

const KNOWN_MAGICS: readonly (readonly [hex: string, what: string])[] = [
  ['504b0304', 'a zip archive'],
  ['1f8b', 'a gzip file'],
  ['fd377a585a', 'an xz file'],
  ['28b52ffd', 'a zstd file'],
  ['68737173', 'a squashfs image or RAUC bundle'],
  ['303730373037', 'a cpio archive of the old "odc" kind'],
  ['c771', 'a cpio archive of the old binary kind'],
  ['e9', 'an ESP application image'],
];

/** Whether the bytes begin with the magic of a `newc` (070701) or `crc` (070702) member. */
export function hasCpioMagic(bytes: Buffer): boolean {
  const magic = bytes.toString('latin1', 0, MAGIC_BYTES);
  return magic === '070701' || magic === '070702';
}

/**
 * Refuses bytes that do not open a member.
 * @param previous the member before, if any: its declared size is the usual culprit
 * @throws FormatError that says what the bytes look like instead
 */
export function requireCpioMagic(bytes: Buffer, offset: number, previous?: string): void {
  if (hasCpioMagic(bytes)) return;
  if (previous !== undefined) {
    throw new FormatError(
      `a member header was expected after ${quoted(previous)}, but the bytes there are not one. ` +
        'The declared size of that member is wrong or the file is damaged: build the archive again.',
      { offset },
    );
  }
  const hex = bytes.toString('hex');
  const known = KNOWN_MAGICS.find(([magic]) => hex.startsWith(magic));
  throw new FormatError(
    `not a cpio archive: it begins with ${quoted(bytes.toString('latin1', 0, MAGIC_BYTES))}` +
      `${known ? `, which is ${known[1]}` : ''}. Use cpio's format newc (070701) or crc (070702).`,
    { offset },
  );
}

/**
 * Reads one header of 110 bytes whose magic was checked.
 * @throws FormatError when a field is not hexadecimal
 */
export function parseCpioHeader(bytes: Buffer, offset: number): CpioHeader {
  const text = bytes.toString('latin1', MAGIC_BYTES, HEADER_BYTES);
  const bad = /[^0-9A-Fa-f]/.exec(text);
  if (bad) {
    throw new FormatError(
      'a field of this member header is not hexadecimal. The file is damaged: send it again.',
      {
        offset: offset + MAGIC_BYTES + bad.index,
      },
    );
  }
  const field = (index: number): number =>
    Number.parseInt(text.slice(index * FIELD_BYTES, (index + 1) * FIELD_BYTES), 16);
  const isCrc = bytes[MAGIC_BYTES - 1] === '2'.charCodeAt(0);
  return {
    sizeBytes: field(SIZE_FIELD),
    nameBytes: field(NAME_FIELD),
    ...(isCrc && { checksum: field(CHECK_FIELD) }),
  };
}

/**
 * Reads a member's name and refuses what could escape the folder it is unpacked in.
 * @param bytes the name as stored, with its closing NUL
 * @throws FormatError for a name that is empty, unterminated, absolute, or climbs with `..`
 */
export function parseMemberName(bytes: Buffer, offset: number): string {
  if (bytes.indexOf(0) !== bytes.length - 1) {
    throw new FormatError(
      'a member name does not end where its header says. The file is damaged: build it again.',
      {
        offset,
      },
    );
  }
  const name = bytes.toString('utf8', 0, bytes.length - 1);
  const refuse = (fault: string): FormatError =>
    new FormatError(`the member name ${quoted(name)} ${fault}. Pack members by plain relative names.`, {
      offset,
    });
  if (name === '') throw refuse('is empty');
  if (/^[/\\]|^[A-Za-z]:[/\\]/.test(name)) throw refuse('is an absolute path');
  if (name.split(/[/\\]/).includes('..')) throw refuse('climbs out of its folder');
  return name;
}

import { FormatError } from '../format.error';
import type { EspDescription } from './esp-image';

/** Bytes of `esp_app_desc_t`. */
export const DESCRIPTION_BYTES = 256;

const MAGIC_WORD = 0xabcd5432;
const SECURE_VERSION_AT = 4;
const TEXTS = {
  version: [16, 32],
  project: [48, 32],
  builtAt: [80, 16],
  builtOn: [96, 16],
  idfVersion: [112, 32],
} as const;
const ELF_SHA256_AT = 144;
const ELF_SHA256_BYTES = 32;

/** Whether bytes begin with the magic word of an application's description. */
export function hasDescriptionMagic(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32LE(0) === MAGIC_WORD;
}

/**
 * Reads a description whose magic word was checked.
 * @param bytes all of it
 * @param offset where it begins in the file
 * @throws FormatError when one of its texts is none
 */
export function parseEspDescription(bytes: Buffer, offset: number): EspDescription {
  const elfSha256 = bytes.toString('hex', ELF_SHA256_AT, ELF_SHA256_AT + ELF_SHA256_BYTES);
  const texts = Object.entries(TEXTS).map(([name, [at, sizeBytes]]) => {
    const text = textOf(bytes.subarray(at, at + sizeBytes));
    if (text === undefined) {
      throw new FormatError(
        `the field ${name} of the application's description is no text in UTF-8 without control characters. ` +
          'Correct it in the project (PROJECT_VER, project name), or send the file again if it was damaged.',
        { offset: offset + at },
      );
    }
    return [name, text] as const;
  });
  return {
    ...(Object.fromEntries(texts.filter(([, text]) => text !== '')) as Partial<
      Record<keyof typeof TEXTS, string>
    >),
    secureVersion: bytes.readUInt32LE(SECURE_VERSION_AT),
    ...(!/^0*$/.test(elfSha256) && { elfSha256 }),
  };
}

/** What stands before the first NUL, or in the whole field, without the blanks around it. */
function textOf(field: Buffer): string | undefined {
  const end = field.indexOf(0);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      end === -1 ? field : field.subarray(0, end),
    );
    return /\p{Cc}/u.test(text) ? undefined : text.trim();
  } catch {
    return undefined;
  }
}

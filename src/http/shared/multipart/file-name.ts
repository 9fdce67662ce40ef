import { MultipartError } from './multipart.error';

const MAX_CHARACTERS = 255;

/** Control characters, line and paragraph separators, and what a decoder leaves where bytes were not UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufffd]/u;

/**
 * The last segment of what the client calls the file (some send a whole path, with either slash), or a
 * {@link MultipartError} that names the field.
 */
export function readFileName(sentName: string | undefined, fieldName: string): string {
  const fileName = sentName?.slice(Math.max(sentName.lastIndexOf('/'), sentName.lastIndexOf('\\')) + 1);
  const refuse = (why: string): MultipartError =>
    new MultipartError(400, `The file in field ${quote(fieldName)} ${why}.`);
  if (fileName === undefined || fileName === '') throw refuse('has no name');
  if (fileName === '.' || fileName === '..') throw refuse('has a name that is not a file name');
  if (fileName.length > MAX_CHARACTERS) throw refuse(`has a name of more than ${MAX_CHARACTERS} characters`);
  if (UNPRINTABLE.test(fileName))
    throw refuse('has a name with control characters or bytes that are not UTF-8');
  return fileName;
}

/** A name as the client sent it, fit for a message: escaped and cut. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

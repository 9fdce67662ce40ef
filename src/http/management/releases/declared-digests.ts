import { DigestMismatchError } from '../../../modules/releases/releases.errors';
import type { ReceivedFile } from '../../../modules/releases/receiving.service';
import { FieldsError } from '../../shared/validators/fields.error';

type Fields = Readonly<Record<string, readonly string[]>>;

/** `sha256` where there is one file, else `sha256[<file name>]`. */
const FIELD = /^sha256(?:\[(?<fileName>[^]+)\])?$/;
const SHA256 = /^[0-9a-f]{64}$/i;

/** The form without the digests that the caller declared, and those. */
export function splitDeclared(fields: Fields): { readonly form: Fields; readonly declared: Fields } {
  const entries = Object.entries(fields);
  return {
    form: Object.fromEntries(entries.filter(([name]) => !FIELD.test(name))),
    declared: Object.fromEntries(entries.filter(([name]) => FIELD.test(name))),
  };
}

/** Holds the files to what was declared. @throws FieldsError for a digest of no file, DigestMismatchError */
export function checkDeclared(declared: Fields, files: readonly ReceivedFile[]): void {
  const faults: Record<string, string> = {};
  const mismatches: DigestMismatchError[] = [];
  for (const [field, values] of Object.entries(declared)) {
    const file = fileOf(field, files);
    const [sha256 = ''] = values;
    if (values.length > 1) faults[field] = 'is given more than once';
    else if (!SHA256.test(sha256)) faults[field] = 'must be 64 hexadecimal digits';
    else if (typeof file === 'string') faults[field] = file;
    else if (file.staged.digest.sha256 !== sha256.toLowerCase())
      mismatches.push(mismatchOf(field, file, sha256));
  }
  if (Object.keys(faults).length > 0) throw new FieldsError(faults);
  const [first] = mismatches;
  if (first !== undefined) throw first;
}

function mismatchOf(field: string, { fileName, staged }: ReceivedFile, sha256: string): DigestMismatchError {
  return new DigestMismatchError({
    ...{ field, fileName, declared: sha256.toLowerCase() },
    received: staged.digest.sha256,
  });
}

/** The file that a field is about, or why there is none. */
function fileOf(field: string, files: readonly ReceivedFile[]): ReceivedFile | string {
  const fileName = FIELD.exec(field)?.groups?.['fileName'];
  if (fileName !== undefined)
    return files.find((file) => file.fileName === fileName) ?? 'names no file of the form';
  const [only, ...others] = files;
  if (only === undefined) return 'is about a file, and there is none';
  return others.length === 0 ? only : 'does not say which file: write sha256[<file name>]';
}

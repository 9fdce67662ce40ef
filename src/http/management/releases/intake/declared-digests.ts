import { DigestMismatchError } from '../../../../modules/releases/releases.errors';
import type { ReceivedFile } from '../../../../modules/releases/receiving.service';
import { FieldsError } from '../../../shared/validators/fields.error';
import { FieldAboutFile } from './fields-about-files';

type Fields = Readonly<Record<string, readonly string[]>>;

const FIELD = new FieldAboutFile('sha256');
const SHA256 = /^[0-9a-f]{64}$/i;

/** The form without the digests that the caller declared, and those. */
export function splitDeclared(fields: Fields): { readonly form: Fields; readonly declared: Fields } {
  const { form, own } = FIELD.split(fields);
  return { form, declared: own };
}

/** Holds the files to what was declared. @throws FieldsError for a digest of no file, DigestMismatchError */
export function checkDeclared(declared: Fields, files: readonly ReceivedFile[]): void {
  const faults: Record<string, string> = {};
  const mismatches: DigestMismatchError[] = [];
  for (const [field, values] of Object.entries(declared)) {
    const file = FIELD.fileOf(field, files);
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

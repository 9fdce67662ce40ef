import type { ReceivedFile } from '../../../../modules/releases/receiving.service';
import { FieldsError } from '../../../shared/validators/fields.error';
import { FieldAboutFile } from './fields-about-files';

type Fields = Readonly<Record<string, readonly string[]>>;

const FIELD = new FieldAboutFile('signature');
/** Of the text: a CMS with its certificates takes a few KiB. */
export const MOST_SIGNATURE_CHARS = 90_000;

/** The form without the signatures that stand beside the files, and those. */
export function splitSignatures(fields: Fields): { readonly form: Fields; readonly signatures: Fields } {
  const { form, own } = FIELD.split(fields);
  return { form, signatures: own };
}

/** The files, each with its signature if there is one; what that is worth is judged later. @throws FieldsError */
export function withSignatures(signatures: Fields, files: readonly ReceivedFile[]): ReceivedFile[] {
  const faults: Record<string, string> = {};
  const byFile = new Map<ReceivedFile, Buffer>();
  for (const [field, values] of Object.entries(signatures)) {
    const file = FIELD.fileOf(field, files);
    const [text = ''] = values;
    const fault = values.length > 1 ? 'is given more than once' : faultOfSignature(text);
    if (fault !== undefined) faults[field] = fault;
    else if (typeof file === 'string') faults[field] = file;
    else if (byFile.has(file)) faults[field] = `is given more than once for ${file.fileName}`;
    else byFile.set(file, Buffer.from(text));
  }
  if (Object.keys(faults).length > 0) throw new FieldsError(faults);
  return files.map((file) => ({ ...file, signature: byFile.get(file) }));
}

function faultOfSignature(text: string): string | undefined {
  if (text.length > MOST_SIGNATURE_CHARS) return `must have at most ${MOST_SIGNATURE_CHARS} characters`;
  return /^[\x20-\x7e\s]+$/.test(text) ? undefined : 'must be a signature in base64 or PEM';
}

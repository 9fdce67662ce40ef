import type { NewUpload } from '../../../modules/artifacts/uploads/upload';
import { FILE_NAME, SHA256 } from '../releases/intake/file-fields';
import { FieldsError } from '../../shared/validators/fields.error';
import { faultOfText } from '../../shared/text-rule';

/**
 * What `Upload-Length` and `Upload-Metadata` say; other keys are the client's own business.
 * @throws FieldsError naming the key that is missing or wrong
 */
export function newUploadOf(
  sizeBytes: number | undefined,
  metadata: Readonly<Record<string, string | null>> = {},
): NewUpload {
  const { filename, sha256 } = metadata;
  const faults = {
    'Upload-Length': Number.isSafeInteger(sizeBytes) ? undefined : 'must be a number of bytes',
    filename: filename === undefined ? 'is missing' : faultOfText(filename, { most: 255, shape: FILE_NAME }),
    sha256: sha256 === undefined ? undefined : faultOfText(sha256, { least: 64, most: 64, shape: SHA256 }),
  };
  const wrong = Object.entries(faults).filter((fault): fault is [string, string] => fault[1] !== undefined);
  if (wrong.length > 0) throw new FieldsError(Object.fromEntries(wrong));
  return { fileName: filename ?? '', sizeBytes: sizeBytes ?? 0, sha256: sha256?.toLowerCase() };
}

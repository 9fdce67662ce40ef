import type { ReleaseForm } from '../../../../modules/releases/draft/draft';
import { FieldsError } from '../../../shared/validators/fields.error';
import { faultOfText, type TextRule } from '../../../shared/text-rule';

/** The text fields of the upload form; the domain says more about each. */
const FIELDS: Readonly<Record<keyof ReleaseForm, TextRule>> = {
  name: { most: 256 },
  version: { most: 256 },
  notes: { least: 0, most: 20_000, isMultiline: true },
  compatibility: { most: 60_000, isMultiline: true },
  modules: { most: 100_000, isMultiline: true },
  requiredStep: { most: 5 },
  upgradeFrom: { least: 0, most: 256 },
};

/** No field of the form is larger, in bytes. */
export const MAX_FIELD_BYTES = 128 * 1024;
export const FIELD_COUNT = Object.keys(FIELDS).length;

/** The form's text fields. @throws FieldsError naming each that is unknown, repeated or no text for its purpose. */
export function releaseForm(fields: Readonly<Record<string, readonly string[]>>): ReleaseForm {
  const form: Record<string, string> = {};
  const faults: Record<string, string> = {};
  for (const [name, values] of Object.entries(fields)) {
    const [value = ''] = values;
    const fault = faultOfField(name, values);
    if (fault === undefined) form[name] = value;
    else faults[name] = fault;
  }
  if (Object.keys(faults).length > 0) throw new FieldsError(faults);
  return form;
}

function faultOfField(name: string, values: readonly string[]): string | undefined {
  const rule = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof ReleaseForm] : undefined;
  if (rule === undefined) return name === 'file' ? 'must be a file' : 'is not known here';
  return values.length > 1 ? 'is given more than once' : faultOfText(values[0], rule);
}

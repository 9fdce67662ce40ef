import { RsqlError } from '../../../platform/rsql/rsql.errors';
import { deviceFilter } from '../../devices/device/device-filter';

/** Why the text is no filter over devices, as the end of a sentence that begins with the field's name. */
export function faultOfFilter(text: string): string | undefined {
  try {
    deviceFilter(text);
    return undefined;
  } catch (error) {
    if (error instanceof RsqlError) return `is wrong at character ${error.position}: ${error.why}`;
    throw error;
  }
}

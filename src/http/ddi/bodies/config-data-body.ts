import type { AttributeMode } from '../../../modules/devices/device/device';
import { InvalidAttributeError, UnreadableBodyError } from '../wire/ddi-error';

/** A configData body that was understood (contract 1.10). */
export interface ConfigData {
  readonly mode: AttributeMode;
  readonly data: Readonly<Record<string, string | null>>;
}

const MODES = ['merge', 'replace', 'remove'] as const;
const MAX_KEY = 128;
const MAX_VALUE = 128;
/** A body with more entries than this is refused before anything is compared with the quota. */
const MAX_ENTRIES = 1000;

/** @throws UnreadableBodyError, InvalidAttributeError naming the attribute */
export function parseConfigData(body: unknown): ConfigData {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new UnreadableBodyError('The body must be an object.');
  }
  const { data, mode } = ownFields(body);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new UnreadableBodyError('data must be an object of attributes.');
  }
  const entries = Object.entries(data);
  if (entries.length === 0) throw new UnreadableBodyError('data must hold at least one attribute.');
  if (entries.length > MAX_ENTRIES)
    throw new UnreadableBodyError(`data must not hold more than ${MAX_ENTRIES} attributes.`);
  return {
    mode: modeOf(mode),
    data: attributesOf(entries),
  };
}

/** Nothing that is inherited: a body may hold `__proto__`. */
function ownFields(body: object): { readonly data?: unknown; readonly mode?: unknown } {
  return Object.fromEntries(Object.entries(body));
}

/** Absent and null mean merge: hawkbit-rs sends `mode: null`. */
function modeOf(value: unknown): AttributeMode {
  if (value === undefined || value === null) return 'merge';
  const mode = MODES.find((candidate) => candidate === value);
  if (mode === undefined) throw new UnreadableBodyError(`mode must be one of ${MODES.join(', ')}.`);
  return mode;
}

function attributesOf(entries: [string, unknown][]): Record<string, string | null> {
  const attributes = new Map<string, string | null>();
  for (const [key, value] of entries) {
    if (!isPrintable(key) || key === '' || key.length > MAX_KEY) {
      throw new InvalidAttributeError(
        `The attribute name ${JSON.stringify(key.slice(0, 40))} must have 1 to ${MAX_KEY} printable characters.`,
      );
    }
    if (value !== null && typeof value !== 'string') {
      throw new UnreadableBodyError(`The attribute ${key} must be a string or null.`);
    }
    if (value !== null && (value.length > MAX_VALUE || !isPrintable(value))) {
      throw new InvalidAttributeError(
        `The value of ${key} must have at most ${MAX_VALUE} printable characters.`,
      );
    }
    attributes.set(key, value);
  }
  return Object.fromEntries(attributes);
}

function isPrintable(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- exactly those are refused, and half a character, which jsonb cannot hold
  return !/[\u0000-\u001f\u007f\p{Cs}]/u.test(text);
}

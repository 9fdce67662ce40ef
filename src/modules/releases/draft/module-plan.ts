import type { ModuleMetadata } from '../release/release';
import { ReleaseFieldError } from '../releases.errors';

/** How the caller wants the files grouped into modules: one entry each, in order. */
export interface ModulePlan {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly files: readonly string[];
  readonly metadata: readonly ModuleMetadata[];
  readonly isEncrypted: boolean;
}

/** hawkBit's quotas: modules of a distribution set, artifacts and metadata of a module. */
const MAX_MODULES = 100;
const MAX_FILES = 50;
const MAX_METADATA = 100;
const MAX_TEXT = 256;
const MAX_VALUE = 4000;
const TYPE = /^[\w.-]{1,64}$/;
const KNOWN = new Set(['type', 'name', 'version', 'files', 'metadata', 'encrypted']);

/**
 * Reads the form's field `modules`: a JSON list of `{type?, name?, version?, files, metadata?, encrypted?}`.
 * @throws ReleaseFieldError that says which entry is wrong and why
 */
export function parseModulePlans(text: string): ModulePlan[] {
  const list = parsed(text);
  if (!Array.isArray(list) || list.length === 0) throw wrong('must be a list of modules');
  if (list.length > MAX_MODULES) throw wrong(`must not name more than ${MAX_MODULES} modules`);
  return list.map((item: unknown, index) => planOf(item, `[${index}]`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
}

function planOf(item: unknown, at: string): ModulePlan {
  const entry = recordOf(item, at);
  const unknown = Object.keys(entry).find((key) => !KNOWN.has(key));
  if (unknown !== undefined)
    throw wrong(`${at} has the field ${JSON.stringify(unknown)}, which is not known`);
  const type = textOf(entry['type'], `${at}.type`);
  if (type !== undefined && !TYPE.test(type))
    throw wrong(`${at}.type must have 1 to 64 letters, digits, dots, dashes or underscores`);
  return {
    type,
    name: textOf(entry['name'], `${at}.name`),
    version: textOf(entry['version'], `${at}.version`),
    files: filesOf(entry['files'], `${at}.files`),
    metadata: metadataOf(entry['metadata'], `${at}.metadata`),
    isEncrypted: flagOf(entry['encrypted'], `${at}.encrypted`),
  };
}

function filesOf(value: unknown, at: string): string[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(`${at} must be a list of file names`);
  if (value.length > MAX_FILES) throw wrong(`${at} must not name more than ${MAX_FILES} files`);
  return value.map((item: unknown, index) => {
    if (typeof item !== 'string') throw wrong(`${at}[${index}] must be text`);
    return item;
  });
}

function metadataOf(value: unknown, at: string): ModuleMetadata[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_METADATA)
    throw wrong(`${at} must be a list of at most ${MAX_METADATA} entries`);
  const entries = value.map((item: unknown, index) => {
    const entry = recordOf(item, `${at}[${index}]`);
    const key = textOf(entry['key'], `${at}[${index}].key`);
    const text = textOf(entry['value'], `${at}[${index}].value`, MAX_VALUE);
    if (key === undefined || text === undefined) throw wrong(`${at}[${index}] needs a key and a value`);
    return { key, value: text, isVisible: flagOf(entry['visible'], `${at}[${index}].visible`) };
  });
  if (new Set(entries.map(({ key }) => key)).size < entries.length) throw wrong(`${at} has a key twice`);
  return entries;
}

function recordOf(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`${at} must be an object`);
  return Object.fromEntries(Object.entries(value));
}

function textOf(value: unknown, at: string, most = MAX_TEXT): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.trim() === '' || value.length > most)
    throw wrong(`${at} must be a text of 1 to ${most} characters`);
  if (/[\p{Cc}\p{Cs}]/u.test(value)) throw wrong(`${at} must not hold control characters`);
  return value.trim();
}

function flagOf(value: unknown, at: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw wrong(`${at} must be true or false`);
  return value;
}

function wrong(why: string): ReleaseFieldError {
  return new ReleaseFieldError('modules', why);
}

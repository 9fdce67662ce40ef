import { FormatError, quoted } from '../format.error';
import {
  keyFileList,
  keyFileString,
  parseKeyFile,
  type KeyFile,
  type KeyFileGroup,
  type KeyFileValue,
} from '../keyfile/key-file.parser';
import type { ManifestFacts, RaucbFormat, RaucbImage } from './raucb-description';

const IMAGE = 'image.';
const KNOWN_GROUPS = new Set(['update', 'bundle', 'hooks', 'handler', 'keyring', 'casync']);
const FORMATS: readonly string[] = ['plain', 'verity', 'crypt'] satisfies RaucbFormat[];
const SHA256 = /^[0-9a-f]{64}$/i;
const SHOWN_NAMES = 10;

/**
 * Reads the facts from the text of a manifest.
 * @throws FormatError with line and column where something stands that RAUC refuses
 */
export function readManifest(text: Buffer): ManifestFacts {
  return new ManifestReader(parseKeyFile(text)).read();
}

class ManifestReader {
  constructor(private readonly file: KeyFile) {}

  read(): ManifestFacts {
    const { groups } = this.file;
    const update = groups.get('update');
    if (!update)
      throw new FormatError('there is no group [update], which names the compatible and the version.');
    const compatible = nonEmpty(update, 'compatible');
    if (compatible === undefined) {
      throw new FormatError(
        '[update] has no compatible. Set it to the name that the systems have in system.conf.',
      );
    }
    const hooks = this.hooks();
    const images = [...groups]
      .filter(([name]) => name.startsWith(IMAGE))
      .map(([name, keys]) => image(name.slice(IMAGE.length), keys));
    return {
      compatible,
      ...optional('version', nonEmpty(update, 'version')),
      ...optional('description', nonEmpty(update, 'description')),
      ...optional('build', nonEmpty(update, 'build')),
      format: this.format(),
      ...(hooks && { hooks }),
      images,
      warnings: this.warnings(images, hooks !== undefined),
    };
  }

  private format(): RaucbFormat {
    const value = this.file.groups.get('bundle')?.get('format');
    if (!value) return 'plain';
    const format = keyFileString(value);
    if (isFormat(format)) return format;
    throw fault(`the format is ${quoted(format)}; RAUC knows plain, verity and crypt`, value);
  }

  private hooks(): ManifestFacts['hooks'] {
    const group = this.file.groups.get('hooks');
    const filename = group && nonEmpty(group, 'filename');
    if (!group || filename === undefined) return undefined;
    const names = group.get('hooks');
    return { filename, names: names ? keyFileList(names) : [] };
  }

  private warnings(images: readonly RaucbImage[], hasHookProgram: boolean): string[] {
    const { groups, repeated } = this.file;
    const isKnown = (name: string): boolean =>
      KNOWN_GROUPS.has(name) || name.startsWith(IMAGE) || name.startsWith('meta.');
    const unknown = [...groups.keys()].filter((name) => !isKnown(name));
    const version = groups.get('update')?.get('version');
    const needsHookProgram = images.some(({ hooks }) => hooks.length > 0) && !hasHookProgram;
    return [
      ...(version && version.text !== '' ? [] : ['The manifest names no version, so the form has to.']),
      ...(images.length > 0 || groups.has('handler')
        ? []
        : ['Nothing is listed to install: there is no image.']),
      ...(needsHookProgram ? ['An image has hooks, but [hooks] names no program to run for them.'] : []),
      ...(unknown.length > 0
        ? [`Unknown sections, for which some versions of RAUC refuse a bundle: ${listed(unknown)}.`]
        : []),
      ...(repeated.length > 0
        ? [`Set more than once, so that the last one counts: ${listed(repeated)}.`]
        : []),
    ];
  }
}

function image(name: string, keys: KeyFileGroup): RaucbImage {
  const dot = name.indexOf('.');
  const slotClass = dot === -1 ? name : name.slice(0, dot);
  const hooks = keys.get('hooks');
  return {
    slotClass,
    ...(dot !== -1 && { variant: name.slice(dot + 1) }),
    ...optional('filename', filename(keys)),
    ...optional('sha256', sha256(keys)),
    ...optional('sizeBytes', size(keys)),
    ...optional('version', nonEmpty(keys, 'version')),
    hooks: hooks ? keyFileList(hooks) : [],
  };
}

/** A name of the root folder: RAUC refuses whatever could lead elsewhere. */
function filename(keys: KeyFileGroup): string | undefined {
  const value = keys.get('filename');
  const name = nonEmpty(keys, 'filename');
  if (value && name !== undefined && (name.includes('/') || name === '.' || name === '..')) {
    throw fault(
      `${quoted(name)} is a path; images lie in the bundle's root folder. Name the file alone`,
      value,
    );
  }
  return name;
}

function sha256(keys: KeyFileGroup): string | undefined {
  const value = keys.get('sha256');
  if (!value || value.text === '') return undefined;
  if (!SHA256.test(value.text))
    throw fault(`${quoted(value.text)} is no SHA-256: 64 hexadecimal digits`, value);
  return value.text.toLowerCase();
}

function size(keys: KeyFileGroup): number | undefined {
  const value = keys.get('size');
  if (!value) return undefined;
  const bytes = Number(value.text.trim());
  if (/^\d+$/.test(value.text.trim()) && Number.isSafeInteger(bytes)) return bytes;
  throw fault(`${quoted(value.text)} is no number of bytes`, value);
}

function nonEmpty(keys: KeyFileGroup, name: string): string | undefined {
  const value = keys.get(name);
  const text = value && keyFileString(value);
  return text === '' ? undefined : text;
}

function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<K, V>>;
}

function isFormat(text: string): text is RaucbFormat {
  return FORMATS.includes(text);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(quoted).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

function fault(what: string, { line, column }: KeyFileValue): FormatError {
  return new FormatError(`${what}.`, { line, column });
}

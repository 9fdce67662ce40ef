import { FormatError, quoted } from '../format.error';
import {
  keyFileList,
  keyFileString,
  parseKeyFile,
  type KeyFile,
  type KeyFileGroup,
  type KeyFileValue,
} from '../keyfile/key-file.parser';
import type { ManifestFacts, RaucbFormat, RaucbImage, RaucbVerity } from './raucb-description';

const IMAGE = 'image.';
/** Keys that some version of RAUC knows; of groups without a list, any. */
const KNOWN: Readonly<Record<string, readonly string[] | undefined>> = {
  update: ['compatible', 'version', 'description', 'build'],
  image: ['filename', 'sha256', 'size', 'hooks', 'adaptive', 'version', 'type', 'convert', 'converted'],
};
const KNOWN_GROUPS = new Set(['update', 'bundle', 'hooks', 'handler', 'keyring', 'casync']);
const FORMATS: readonly string[] = ['plain', 'verity', 'crypt'] satisfies RaucbFormat[];
const VERITY_BLOCK_BYTES = 4096;
const SHA256 = /^[0-9a-f]{64}$/i;
const SHOWN_NAMES = 10;

/**
 * The hash tree that a manifest enclosed in the CMS must name, or no device can check the content.
 * @throws FormatError when something is missing or impossible
 */
export function readVerity(text: Buffer): RaucbVerity {
  const bundle = parseKeyFile(text).groups.get('bundle') ?? new Map<string, KeyFileValue>();
  const [hash, salt] = [digest(bundle, 'verity-hash'), digest(bundle, 'verity-salt')];
  const sizeBytes = size(bundle, 'verity-size');
  if (hash === undefined || salt === undefined || sizeBytes === undefined) {
    throw new FormatError(
      '[bundle] lacks verity-hash, verity-salt or verity-size, which `rauc bundle` adds.',
    );
  }
  const value = bundle.get('verity-size');
  if (value && (sizeBytes === 0 || sizeBytes % VERITY_BLOCK_BYTES !== 0)) {
    throw fault(`a hash tree of ${sizeBytes} bytes is impossible; blocks have ${VERITY_BLOCK_BYTES}`, value);
  }
  return { hash, salt, sizeBytes };
}

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
    this.refuseRepetitions();
    const hooks = this.hooks();
    const images = [...groups]
      .filter(([name]) => name.startsWith(IMAGE))
      .map(([name, keys]) => image(name, keys, hooks !== undefined));
    return {
      compatible,
      ...optional('version', nonEmpty(update, 'version')),
      ...optional('description', nonEmpty(update, 'description')),
      ...optional('build', nonEmpty(update, 'build')),
      format: this.format(),
      ...(hooks && { hooks }),
      images,
      warnings: this.warnings(images),
    };
  }

  private format(): RaucbFormat {
    const value = this.file.groups.get('bundle')?.get('format');
    const format = value ? keyFileString(value) : '';
    if (!value || format === '') return 'plain';
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

  /** RAUC refuses what it knows when it is set twice. */
  private refuseRepetitions(): void {
    const found = this.file.repeated.find(({ group }) => isKnown(group) && !group.startsWith('meta.'));
    if (found)
      throw fault(`[${found.group}] sets ${quoted(found.key)} a second time. Set it once`, found.value);
  }

  private warnings(images: readonly RaucbImage[]): string[] {
    const { groups } = this.file;
    const update = groups.get('update');
    const unknown = this.unknown();
    return [
      ...(update && nonEmpty(update, 'version') !== undefined
        ? []
        : ['The manifest names no version, so the form has to.']),
      ...(/\s$/.test(update?.get('compatible')?.text ?? '')
        ? ['The compatible ends in blanks; devices compare it letter by letter, blanks included.']
        : []),
      ...(images.length > 0 || groups.has('handler')
        ? []
        : ['Nothing is listed to install: there is no image.']),
      ...(unknown.length > 0
        ? [`Unknown settings, for which some versions of RAUC refuse a bundle: ${listed(unknown)}.`]
        : []),
    ];
  }

  private unknown(): string[] {
    return [...this.file.groups].flatMap(([group, keys]) => {
      if (!isKnown(group)) return [`[${group}]`];
      const known = KNOWN[group.startsWith(IMAGE) ? 'image' : group];
      return known
        ? [...keys.keys()].filter((key) => !known.includes(key)).map((key) => `[${group}] ${key}`)
        : [];
    });
  }
}

function isKnown(group: string): boolean {
  return KNOWN_GROUPS.has(group) || group.startsWith(IMAGE) || group.startsWith('meta.');
}

function image(group: string, keys: KeyFileGroup, hasHookProgram: boolean): RaucbImage {
  const [, slotClass = '', variant] = /^([^.]*)(?:\.([^]*))?$/.exec(group.slice(IMAGE.length)) ?? [];
  const name = filename(keys);
  const hash = digest(keys, 'sha256');
  const named = keys.get('filename');
  if (named && name !== undefined && hash === undefined) {
    throw fault(`[${group}] has a filename but no sha256. Let \`rauc bundle\` compute it`, named);
  }
  const hooks = keys.get('hooks');
  if (hooks && hooks.text !== '' && !hasHookProgram) {
    throw fault(`[${group}] has hooks, but [hooks] has no filename of a program to run for them`, hooks);
  }
  return {
    slotClass,
    ...optional('variant', variant),
    ...optional('filename', name),
    ...optional('sha256', hash),
    ...optional('sizeBytes', size(keys, 'size')),
    ...optional('version', nonEmpty(keys, 'version')),
    hooks: hooks ? keyFileList(hooks) : [],
  };
}

/** A file of the bundle; what leads out of it is refused. */
function filename(keys: KeyFileGroup): string | undefined {
  const value = keys.get('filename');
  const name = nonEmpty(keys, 'filename');
  if (value && name !== undefined && (name.startsWith('/') || name.split('/').includes('..'))) {
    throw fault(`${quoted(name)} leads out of the bundle. Name a file that is in it`, value);
  }
  return name;
}

function digest(keys: KeyFileGroup, name: string): string | undefined {
  const value = keys.get(name);
  if (!value || value.text === '') return undefined;
  if (!SHA256.test(value.text))
    throw fault(`${quoted(value.text)} is no SHA-256: 64 hexadecimal digits`, value);
  return value.text.toLowerCase();
}

function size(keys: KeyFileGroup, name: string): number | undefined {
  const value = keys.get(name);
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

import { FormatError, quoted } from '../format.error';
import type { LibconfigGroup } from '../libconfig/libconfig.parser';
import { LinkedTree, type Located } from './linked-tree';
import type { SoftwareFacts, SwuHardware, SwuImage } from './swu-description';

const ROOT = 'software';
const FILE_LISTS = ['images', 'files', 'scripts'] as const;
/** `software.<board>.<set>.<mode>` is the deepest place where SWUpdate looks for a list. */
const DEEPEST_SECTION = 3;
const MAX_WARNINGS = 20;

/**
 * Reads the facts from the tree of a sw-description, from all its boards, sets and modes, since a server
 * cannot know which of them a device will select.
 * @throws FormatError when there is no `software` group, no version, or links lead in circles
 */
export function readSoftwareFacts(tree: LibconfigGroup): SoftwareFacts {
  return new FactsReader(new LinkedTree(tree)).read();
}

class FactsReader {
  private readonly hardware = new Map<string, SwuHardware>();
  private readonly images = new Map<string, SwuImage>();
  private readonly versions = new Set<string>();
  private readonly warnings = new Set<string>();

  constructor(private readonly tree: LinkedTree) {}

  read(): SoftwareFacts {
    const software = this.tree.find([ROOT]);
    if (!(software?.value instanceof Map)) {
      throw new FormatError(`there is no group ${quoted(ROOT)}, the root of every sw-description.`);
    }
    this.section(software);
    const description = this.text(software, 'description');
    const name = this.text(software, 'name');
    return {
      version: this.version(software),
      ...(description !== undefined && { description }),
      ...(name !== undefined && { name }),
      hardware: [...this.hardware.values()],
      images: [...this.images.values()],
      warnings: this.allWarnings(),
    };
  }

  /** The version at the top, or the one on which all sections agree. */
  private version(software: Located): string {
    const top = this.text(software, 'version');
    if (top !== undefined && top !== '') return top;
    const [only, ...others] = [...this.versions].filter((version) => version !== '');
    if (only !== undefined && others.length === 0) return only;
    if (only !== undefined) {
      throw new FormatError(
        'there is no software.version, and the sections name different ones. Set software.version.',
      );
    }
    throw new FormatError(
      'there is no version: software.version must be a string, in quotes, that is not empty. ' +
        'If it is a link, the link must lead to such a string.',
    );
  }

  /** A section and those in it. `path` is the path of the section as SWUpdate looks it up, before links. */
  private section(section: Located, names: readonly string[] = []): void {
    this.hardwareList(section, names);
    for (const list of FILE_LISTS) this.fileList(this.tree.child(section, list));
    const version = this.text(section, 'version');
    if (version !== undefined) this.versions.add(version);
    if (names.length === DEEPEST_SECTION || !(section.value instanceof Map)) return;
    for (const name of section.value.keys()) {
      const child = this.tree.child(section, name);
      if (child?.value instanceof Map) this.section(child, [...names, name]);
      else if (!child) this.warn(`The link at ${quoted([ROOT, ...names, name].join('.'))} leads nowhere.`);
    }
  }

  private hardwareList(section: Located, names: readonly string[]): void {
    const list = this.tree.child(section, 'hardware-compatibility');
    if (!list) return;
    if (!Array.isArray(list.value)) {
      this.warn('A hardware-compatibility is not a list, so devices find nothing in it.');
      return;
    }
    for (const { value } of this.tree.elements(list)) {
      if (typeof value === 'string' && value !== '') {
        const board = boardOf(names);
        this.hardware.set(`${board}\0${value}`, { board, revision: value });
      } else this.warn('An entry of hardware-compatibility is not a string, so devices skip it.');
    }
  }

  private fileList(list: Located | undefined): void {
    if (!list) return;
    for (const entry of this.tree.elements(list)) {
      const filename = this.text(entry, 'filename');
      if (filename === undefined || filename === '') continue;
      const version = this.text(entry, 'version');
      const sha256 = this.text(entry, 'sha256');
      const encrypted = isEncrypted(this.tree.child(entry, 'encrypted'));
      const key = [filename, version ?? '', sha256 ?? '', encrypted].join('\0');
      this.images.set(key, {
        filename,
        ...(version !== undefined && { version }),
        ...(sha256 !== undefined && sha256 !== '' && { sha256 }),
        encrypted,
      });
    }
  }

  private text(parent: Located, name: string): string | undefined {
    const value = this.tree.child(parent, name)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  private warn(sentence: string): void {
    if (this.warnings.size < MAX_WARNINGS) this.warnings.add(sentence);
  }

  private allWarnings(): string[] {
    if (this.hardware.size === 0) {
      this.warn('There is no hardware-compatibility; devices built to check it refuse the bundle.');
    }
    if (this.images.size === 0) this.warn('Nothing is listed to install: no images, files or scripts.');
    return [...this.warnings];
  }
}

/**
 * Lists are looked up at <board>, <set>.<mode> and <board>.<set>.<mode>; two names are a set and a mode, no
 * board.
 */
function boardOf(names: readonly string[]): string {
  return names.length === 2 ? '*' : (names[0] ?? '*');
}

/** A boolean, or in newer bundles the name of the cipher. */
function isEncrypted(setting: Located | undefined): boolean {
  const value = setting?.value;
  return value === true || (typeof value === 'string' && value !== '' && value !== 'false');
}

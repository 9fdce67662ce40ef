import { createHash, type Hash } from 'node:crypto';
import { hasCpioMagic } from '../cpio/cpio-header';
import type { CpioMember } from '../cpio/cpio-listener';
import { CpioReader } from '../cpio/cpio.reader';
import { FormatError, quoted } from '../format.error';
import { parseLibconfig } from '../libconfig/libconfig.parser';
import { parseJsonDescription } from './json-description';
import { readSoftwareFacts } from './software-facts';
import type { SoftwareFacts, SwuDescription, SwuMember } from './swu-description';

const DESCRIPTION = 'sw-description';
const SIGNATURE = 'sw-description.sig';
const MAX_DESCRIPTION_BYTES = 1024 * 1024;
/** A CMS with its certificates takes a few KiB. */
const MAX_SIGNATURE_BYTES = 256 * 1024;
/** SWUpdate holds names in 256 bytes (MAX_IMAGE_FNAME). */
const LIMITS = { maxNameBytes: 255, maxMembers: 4096 };
const SHOWN_NAMES = 10;
const REBUILD = 'Correct sw-description and build the bundle again.';

/** How strict a reader is. */
export interface SwuReaderOptions {
  /**
   * A file that sw-description names but the archive lacks: refuse the bundle (the default), or only warn.
   * A device that selects a section with that file refuses to install; one that selects another section may
   * not.
   */
  readonly missingImages?: 'refuse' | 'warn';
}

const KEPT_BYTES: ReadonlyMap<string, number> = new Map([
  [DESCRIPTION, MAX_DESCRIPTION_BYTES],
  [SIGNATURE, MAX_SIGNATURE_BYTES],
]);

/** What is signed in a bundle, and by what. */
export interface SignedPart {
  readonly description: Buffer;
  readonly signature?: Buffer;
  /** Members whose bytes are not those that the description names. */
  readonly differing: readonly string[];
  /** Members that the description has installed without naming their hash: its signature says nothing about them. */
  readonly uncovered: readonly string[];
}

/**
 * Whether a file may be a SWUpdate bundle, from its first bytes; six suffice.
 * Any cpio archive of the formats newc and crc looks like one.
 */
export function looksLikeSwu(firstBytes: Buffer): boolean {
  return hasCpioMagic(firstBytes);
}

/**
 * Reads a `.swu` bundle while its bytes pass by (SWUpdate documentation, "SWUpdate's image format"). It
 * holds sw-description, at most 1 MiB, its signature, and the names of the members, nothing else. Images whose hash differs from
 * the one in sw-description are warned of; what the signature is worth is not its business.
 */
export class SwuReader {
  private readonly cpio: CpioReader;
  private readonly members: SwuMember[] = [];
  private facts: SoftwareFacts | 'encrypted' | undefined;
  /** The hashes that sw-description names, by file: no honest one names two for the same. */
  private expected: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  private hash: Hash | undefined;
  private readonly differing: string[] = [];
  private readonly signed: { description: Buffer; signature?: Buffer } = { description: Buffer.alloc(0) };

  constructor(private readonly options: SwuReaderOptions = {}) {
    this.cpio = new CpioReader(
      {
        memberBegins: (member) => this.memberBegins(member),
        memberPasses: (part) => void this.hash?.update(part),
        memberEnds: (member, content) => this.memberEnds(member, content),
      },
      LIMITS,
    );
  }

  /**
   * Takes the next bytes of the bundle; they are not kept.
   * @throws FormatError as soon as a fault shows; further calls then throw it again
   */
  write(chunk: Buffer): void {
    this.cpio.write(chunk);
  }

  /**
   * Says that the bundle is complete, and answers what it is.
   * @throws FormatError when it is cut short, or lacks its description, its version or a file it describes
   */
  end(): SwuDescription {
    this.cpio.end();
    if (this.facts === undefined)
      throw new FormatError(`the archive is empty: there is no ${DESCRIPTION}. ${REBUILD}`);
    const isEncrypted = this.facts === 'encrypted';
    const facts = this.facts === 'encrypted' ? ENCRYPTED : this.facts;
    return {
      ...facts,
      signed: this.members.some(({ name }) => name === SIGNATURE),
      encryptedDescription: isEncrypted,
      members: this.members,
      warnings: [
        ...facts.warnings,
        ...this.archiveWarnings(),
        ...(isEncrypted ? [] : this.contentWarnings(facts)),
      ],
    };
  }

  /** After `end`: the octets of sw-description, of its signature if there is one, and how far it reaches, for whoever judges it. */
  signedPart(): SignedPart {
    const images = this.facts === undefined || this.facts === 'encrypted' ? [] : this.facts.images;
    const names = new Set(this.members.map(({ name }) => name));
    const uncovered = bareNames(images).filter((name) => names.has(name));
    return { ...this.signed, differing: [...new Set(this.differing)], uncovered };
  }

  private memberBegins({ name, sizeBytes, offset }: CpioMember): number {
    if (this.members.length === 0 && name !== DESCRIPTION) {
      throw new FormatError(
        `the first member is ${quoted(name)}, but devices require ${DESCRIPTION} there. ` +
          `Pack ${DESCRIPTION} first, by exactly this name.`,
        { offset },
      );
    }
    if (this.members.length > 0 && name === DESCRIPTION) {
      throw new FormatError('it occurs twice. Pack it once, as the first member.', { member: name, offset });
    }
    this.members.push({ name, sizeBytes });
    this.hash = this.expected.has(name) ? createHash('sha256') : undefined;
    return KEPT_BYTES.get(name) ?? 0;
  }

  private memberEnds({ name }: CpioMember, content: Buffer): void {
    if (name === SIGNATURE) this.signed.signature ??= content;
    if (name === DESCRIPTION) {
      this.signed.description = content;
      this.facts = readDescription(content);
      if (this.facts !== 'encrypted') this.expected = expectedHashes(this.facts);
    }
    const expected = this.expected.get(name);
    const found = this.hash?.digest('hex');
    if (found !== undefined && !(expected?.size === 1 && expected.has(found))) this.differing.push(name);
  }

  private contentWarnings(facts: SoftwareFacts): string[] {
    const isSigned = this.members.some(({ name }) => name === SIGNATURE);
    const bare = bareNames(facts.images);
    return [
      ...this.missingImages(facts),
      ...this.undescribedMembers(facts),
      ...(this.differing.length > 0
        ? [
            `Not the bytes that sw-description names by sha256, so devices refuse it: ${listed([...new Set(this.differing)])}.`,
          ]
        : []),
      ...(isSigned && bare.length > 0
        ? [`Described without sha256, so devices that check signatures refuse it: ${listed(bare)}.`]
        : []),
    ];
  }

  private archiveWarnings(): string[] {
    const names = this.members.map(({ name }) => name);
    const seen = new Set<string>();
    const twice = [...new Set(names.filter((name) => seen.size === seen.add(name).size))];
    const signatureAt = names.indexOf(SIGNATURE);
    return [
      ...(twice.length > 0 ? [`More than one member has the name ${listed(twice)}.`] : []),
      ...(signatureAt > 1
        ? [`${SIGNATURE} does not directly follow ${DESCRIPTION}, so devices will not find it.`]
        : []),
      ...(this.cpio.hasDataAfterTrailer
        ? ['There is data after the end of the archive; devices do not read it.']
        : []),
    ];
  }

  private missingImages(facts: SoftwareFacts): string[] {
    const present = new Set(this.members.map(({ name }) => name));
    const missing = [...new Set(facts.images.map(({ filename }) => filename))].filter(
      (name) => !present.has(name),
    );
    if (missing.length === 0) return [];
    if (this.options.missingImages === 'warn') {
      return [`Described but absent, so devices that select it refuse to install: ${listed(missing)}.`];
    }
    throw new FormatError(
      `it names ${listed(missing)}, absent from the archive. ` +
        'Pack each file under exactly the name it is described by, and build the bundle again.',
      { member: DESCRIPTION },
    );
  }

  private undescribedMembers(facts: SoftwareFacts): string[] {
    const described = new Set([DESCRIPTION, SIGNATURE, ...facts.images.map(({ filename }) => filename)]);
    const others = this.members.map(({ name }) => name).filter((name) => !described.has(name));
    return others.length === 0 ? [] : [`Not described, so devices skip it: ${listed([...new Set(others)])}.`];
  }
}

const ENCRYPTED: SoftwareFacts = {
  version: '',
  hardware: [],
  images: [],
  warnings: [
    `${DESCRIPTION} is encrypted, so version and hardware cannot be read from it and must be given by hand.`,
  ],
};

function bareNames(images: SoftwareFacts['images']): string[] {
  const bare = images.filter(({ sha256 }) => sha256 === undefined);
  return [...new Set(bare.map(({ filename }) => filename))];
}

function expectedHashes({ images }: SoftwareFacts): ReadonlyMap<string, ReadonlySet<string>> {
  const hashes = new Map<string, Set<string>>();
  for (const { filename, sha256 } of images) {
    if (sha256 === undefined) continue;
    hashes.set(filename, (hashes.get(filename) ?? new Set()).add(sha256.toLowerCase()));
  }
  return hashes;
}

function readDescription(content: Buffer): SoftwareFacts | 'encrypted' {
  try {
    if (content.length === 0) throw new FormatError('it is empty.');
    if (isBinary(content)) return 'encrypted';
    const isJson = content.toString('latin1').trimStart().startsWith('{');
    return readSoftwareFacts(isJson ? parseJsonDescription(content) : parseLibconfig(content));
  } catch (error) {
    throw error instanceof FormatError ? error.within(DESCRIPTION, REBUILD) : error;
  }
}

/** Ciphertext has control characters that no text has; 64 random bytes lack them once in a thousand times. */
function isBinary(content: Buffer): boolean {
  return content.some((byte) => byte === 0x7f || (byte < 0x20 && (byte < 0x09 || byte > 0x0d)));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(quoted).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

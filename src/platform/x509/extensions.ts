import { readDer, readInside, type DerValue } from './der';
import { OID } from './oid';

/** What the extensions of a certificate say, as far as we go by it. */
export interface Extensions {
  /** Whether it may issue others. */
  readonly isAuthority: boolean;
  /** How many authorities may stand between it and a device's certificate; undefined: any number. */
  readonly pathLength: number | undefined;
  /** Whether it is meant for clients among others, or for clients of those that it issues. */
  readonly isForClients: boolean;
  /** Whether its key may sign a handshake. */
  readonly isForSigning: boolean;
  readonly alternativeNames: readonly string[];
  /** Identifiers of extensions that would narrow what it is good for, and that we do not read. */
  readonly unread: readonly string[];
}

/** Read here; or about policies, for which nobody asks. A critical one of any other kind spoils a certificate. */
const KNOWN: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectAltName,
  OID.certificatePolicies,
];
const BOOLEAN = 0x01;
const INTEGER = 0x02;
/** A DNS name and a URI among the alternative names. */
const NAME_TAGS: readonly number[] = [0x82, 0x86];
/** digitalSignature and keyAgreement, in the first octet of the bits. */
const SIGNS_OR_AGREES = 0x88;

/** `bytes`: what is tagged as extensions, or nothing. */
export function readExtensions(bytes: Buffer | undefined): Extensions {
  const all = bytes === undefined ? [] : readInside(bytes).map(readExtension);
  const inner = (oid: string): DerValue[] | undefined => {
    const value = all.find((one) => one.oid === oid)?.value;
    return value === undefined ? undefined : readInside(value);
  };
  const usages = inner(OID.extendedKeyUsage)?.map((usage) => usage.content.toString('hex'));
  const constraints = inner(OID.basicConstraints) ?? [];
  return {
    isAuthority: constraints.some(({ tag, content }) => tag === BOOLEAN && content[0] !== 0),
    pathLength: numberOf(constraints.find(({ tag }) => tag === INTEGER)?.content),
    isForClients: usages === undefined || usages.includes(OID.clientAuth),
    isForSigning: signs(all.find((one) => one.oid === OID.keyUsage)?.value),
    alternativeNames: (inner(OID.subjectAltName) ?? [])
      .filter(({ tag }) => NAME_TAGS.includes(tag))
      .map(({ content }) => content.toString('latin1')),
    unread: all
      .filter(({ oid, isCritical }) => oid === OID.nameConstraints || (isCritical && !KNOWN.includes(oid)))
      .map(({ oid }) => oid),
  };
}

interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: Buffer;
}

function readExtension({ content }: DerValue): Extension {
  const parts = readDer(content);
  return {
    oid: parts[0]?.content.toString('hex') ?? '',
    isCritical: parts.some(({ tag, content: flag }) => tag === BOOLEAN && flag[0] !== 0),
    value: parts.at(-1)?.content ?? Buffer.alloc(0),
  };
}

function numberOf(octets: Buffer | undefined): number | undefined {
  return octets?.readUIntBE(0, octets.length);
}

/** Without the extension a key may be used for anything. The first octet of the bits counts those that do not count. */
function signs(keyUsage: Buffer | undefined): boolean {
  if (keyUsage === undefined) return true;
  const [bits] = readDer(keyUsage);
  return ((bits?.content[1] ?? 0) & SIGNS_OR_AGREES) !== 0;
}

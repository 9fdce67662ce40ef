import {
  ContentInfo,
  SignedData,
  type Attribute,
  type CertificateChoices,
  type SignerInfo,
} from '@peculiar/asn1-cms';
import { AsnConvert, AsnObjectIdentifierConverter, OctetString } from '@peculiar/asn1-schema';
import { Time, type Certificate as CertificateShape } from '@peculiar/asn1-x509';
import { Constructed, fromBER, OctetString as Octets, Sequence, type AsnType } from 'asn1js';
import { FormatError } from '../format.error';
import { issuerAndSerial, readCertificate, type Certificate } from './certificates/certificate';
import { digestOf, refusedDigestName, type Digest } from './keys/digest';
import { refusedDigest, signatureSchemeOf, type RefusedScheme, type Scheme } from './keys/scheme';

/** What stands in a CMS of the kind SignedData. */
export interface SignedContent {
  /** The content, if it is inside. */
  readonly content: Buffer | undefined;
  /** In the order in which they stand there. */
  readonly certificates: readonly Certificate[];
  readonly signers: readonly SignerRecord[];
}

export interface SignerRecord {
  /** How its certificate is named: see Certificate.names. */
  readonly name: string;
  readonly digest: Digest | RefusedScheme;
  readonly scheme: Scheme | RefusedScheme;
  readonly signature: Buffer;
  /** Undefined: the signature is over the content itself. */
  readonly attributes: SignedAttributes | undefined;
}

/** What is signed in place of the content. */
export interface SignedAttributes {
  /** As it is signed. */
  readonly bytes: Buffer;
  readonly messageDigest: Buffer;
  readonly signedAtMs: number | undefined;
}

/** A CMS with its manifest inside and a long chain has a few KiB. */
export const MAX_SIGNATURE_BYTES = 1 << 20;
const MAX_CERTIFICATES = 16;
const MAX_SIGNERS = 16;
/** What untrusted ASN.1 may ask of the reader. */
const berOptions = { maxDepth: 40, maxNodes: 20_000, maxContentLength: MAX_SIGNATURE_BYTES };

const ID = {
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const;

const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const SET = 0x31;

/** The signature is inside of something encrypted, so that nobody but its recipients can judge it. */
export class EncryptedSignatureError extends FormatError {}

/** Reads a CMS in DER, or in BER where OpenSSL writes it. Throws FormatError, and nothing else. */
export function readSignedData(bytes: Buffer): SignedContent {
  if (bytes.length > MAX_SIGNATURE_BYTES)
    throw new FormatError(`The signature is larger than ${MAX_SIGNATURE_BYTES} bytes, which none is.`);
  try {
    return contentOf(signedDataIn(bytes));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError('The signature is damaged: it cannot be read as a CMS (PKCS #7) in DER.');
  }
}

function signedDataIn(bytes: Buffer): ArrayBuffer {
  const { contentType, content } = AsnConvert.parse(bytes, ContentInfo, { berOptions });
  if (contentType === ID.envelopedData)
    throw new EncryptedSignatureError('The signature is encrypted and can be judged by its recipients only.');
  if (contentType !== ID.signedData)
    throw new FormatError(`The CMS is of the kind ${contentType} rather than signed data.`);
  return content;
}

function contentOf(bytes: ArrayBuffer): SignedContent {
  const data = AsnConvert.parse(bytes, SignedData, { berOptions });
  const { encapContentInfo, certificates = [], signerInfos } = data;
  if (certificates.length > MAX_CERTIFICATES || signerInfos.length > MAX_SIGNERS)
    throw new FormatError(
      `The CMS has more than ${MAX_CERTIFICATES} certificates or ${MAX_SIGNERS} signers; leave out what nobody needs.`,
    );
  if (signerInfos.length === 0) throw new FormatError('The CMS has no signer.');
  return {
    content: encapContentInfo.eContent === undefined ? undefined : insideOf(bytes),
    certificates: [...certificates].flatMap(certificateOf),
    signers: [...signerInfos].map((signer) => recordOf(signer, encapContentInfo.eContentType)),
  };
}

/** Of BER, in which the content comes in pieces, the typed reader makes nothing; so it is put together here. */
function insideOf(bytes: ArrayBuffer): Buffer {
  const encapsulated = partsOf(fromBER(bytes, berOptions).result)[2];
  const octets = partsOf(partsOf(encapsulated)[1])[0];
  if (!(octets instanceof Octets)) throw new FormatError('The content inside of the CMS is not octets.');
  return Buffer.from(octets.getValue());
}

function partsOf(value: AsnType | undefined): readonly AsnType[] {
  return value instanceof Sequence || value instanceof Constructed ? value.valueBlock.value : [];
}

/** Attribute certificates and the like say nothing here. */
function certificateOf({ certificate }: CertificateChoices): Certificate[] {
  return certificate === undefined ? [] : [readCertificate(bytesOf(certificate))];
}

/** As it stood there: what is signed of it must not be written anew. */
function bytesOf(certificate: CertificateShape): Buffer {
  const { tbsCertificateRaw, signatureAlgorithm, signatureValue } = certificate;
  if (tbsCertificateRaw === undefined) return Buffer.from(AsnConvert.serialize(certificate));
  const parts = [
    Buffer.from(tbsCertificateRaw),
    Buffer.from(AsnConvert.serialize(signatureAlgorithm)),
    tagged(BIT_STRING, Buffer.concat([Buffer.of(0), Buffer.from(signatureValue)])),
  ];
  return tagged(SEQUENCE, Buffer.concat(parts));
}

function recordOf(signer: SignerInfo, contentType: string): SignerRecord {
  const { sid, signatureAlgorithm } = signer;
  const digest = digestOf(signer.digestAlgorithm.algorithm);
  const { algorithm, parameters } = signatureAlgorithm;
  const { issuerAndSerialNumber, subjectKeyIdentifier } = sid;
  return {
    name:
      issuerAndSerialNumber === undefined
        ? Buffer.from(subjectKeyIdentifier?.buffer ?? new ArrayBuffer(0)).toString('hex')
        : issuerAndSerial(issuerAndSerialNumber.issuer, issuerAndSerialNumber.serialNumber),
    digest: digest ?? refusedDigest(refusedDigestName(signer.digestAlgorithm.algorithm)),
    scheme: signatureSchemeOf(algorithm, parameters ?? undefined, digest),
    signature: Buffer.from(signer.signature.buffer),
    attributes: attributesOf(signer, contentType),
  };
}

function attributesOf(signer: SignerInfo, contentType: string): SignedAttributes | undefined {
  const { signedAttrs } = signer;
  if (signedAttrs === undefined) return undefined;
  const type = singleValue(signedAttrs, ID.contentType);
  const messageDigest = singleValue(signedAttrs, ID.messageDigest);
  const time = singleValue(signedAttrs, ID.signingTime);
  if (type === undefined || messageDigest === undefined)
    throw new FormatError('The CMS signs attributes without the content type or the digest of the content.');
  const expected = Buffer.from(AsnObjectIdentifierConverter.toASN(contentType).toBER());
  if (!expected.equals(type))
    throw new FormatError('The content type that is signed is not that of the content.');
  return {
    // They stand there under a tag of their own, maybe in BER, and are signed as a SET in DER: in their order, as OpenSSL does.
    bytes: tagged(
      SET,
      Buffer.concat(signedAttrs.map((attribute) => Buffer.from(AsnConvert.serialize(attribute)))),
    ),
    messageDigest: Buffer.from(AsnConvert.parse(messageDigest, OctetString).buffer),
    signedAtMs: time === undefined ? undefined : AsnConvert.parse(time, Time).getTime().getTime(),
  };
}

/** Undefined: there is no such attribute. Each may be there once, with one value. */
function singleValue(attributes: readonly Attribute[], id: string): Buffer | undefined {
  const values = attributes.filter(({ attrType }) => attrType === id).flatMap(({ attrValues }) => attrValues);
  if (values.length > 1) throw new FormatError(`The CMS signs the attribute ${id} more than once.`);
  return values[0] === undefined ? undefined : Buffer.from(values[0]);
}

function tagged(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 + length.length), length, content]);
}

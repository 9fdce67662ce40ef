import { FormatError } from '../format.error';
import { DER_CONTEXT_0, DER_INTEGER, DER_OCTET_STRING, DER_OID, DER_SEQUENCE, DER_SET, DerWalk } from './der';

/** What a CMS holds, its signatures not looked at. */
export type CmsContent =
  | { readonly kind: 'detached' }
  | { readonly kind: 'enclosed'; readonly content: Buffer }
  | { readonly kind: 'enveloped' };

const SIGNED = Buffer.from('2a864886f70d010702', 'hex');
const ENVELOPED = Buffer.from('2a864886f70d010703', 'hex');
const AUTHENTICATED_ENVELOPED = Buffer.from('2a864886f70d0109100117', 'hex');

/**
 * Finds the content of a CMS in DER (RFC 5652): that of signed-data, unless it is detached. Whether a signature is
 * valid is another question.
 * @throws FormatError when it is no CMS, or one of another kind; offsets count from its first byte
 */
export function readCms(cms: Buffer): CmsContent {
  const whole = new DerWalk(cms);
  const info = new DerWalk(cms, whole.next(DER_SEQUENCE, 'the sequence that is the CMS'));
  if (!whole.isAtEnd) {
    throw new FormatError(`${cms.length - whole.offset} bytes follow the CMS.`, { offset: whole.offset });
  }
  const oidAt = info.offset;
  const oid = info.next(DER_OID, 'the type of the CMS');
  const type = cms.subarray(oid.start, oid.end);
  if (type.equals(ENVELOPED) || type.equals(AUTHENTICATED_ENVELOPED)) {
    new DerWalk(cms, info.next(DER_CONTEXT_0, 'the encrypted content')).next(
      DER_SEQUENCE,
      'the enveloped-data',
    );
    return { kind: 'enveloped' };
  }
  if (!type.equals(SIGNED)) {
    throw new FormatError('the type is neither signed-data nor enveloped-data.', { offset: oidAt });
  }
  const explicit = new DerWalk(cms, info.next(DER_CONTEXT_0, 'the signed content'));
  const signed = new DerWalk(cms, explicit.next(DER_SEQUENCE, 'the signed-data'));
  signed.next(DER_INTEGER, 'its version');
  signed.next(DER_SET, 'the list of digest algorithms');
  const enclosing = new DerWalk(cms, signed.next(DER_SEQUENCE, 'the enclosed content'));
  enclosing.next(DER_OID, 'the type of the content');
  const content = enclosing.optional(DER_CONTEXT_0);
  while (!signed.isAtEnd) signed.any();
  if (!content) return { kind: 'detached' };
  const octets = new DerWalk(cms, content).next(DER_OCTET_STRING, 'the bytes of the content');
  return { kind: 'enclosed', content: cms.subarray(octets.start, octets.end) };
}

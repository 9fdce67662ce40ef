/** The digests that are trusted; what a signature made of another one says is worth nothing. */
export const DIGESTS = ['sha256', 'sha384', 'sha512'] as const;
export type Digest = (typeof DIGESTS)[number];

const BY_OID: ReadonlyMap<string, Digest> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

const WEAK: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'SHA-1'],
  ['1.2.840.113549.2.5', 'MD5'],
  ['2.16.840.1.101.3.4.2.4', 'SHA-224'],
]);

export function digestOf(oid: string): Digest | undefined {
  return BY_OID.get(oid);
}

/** How people call a digest that is refused. */
export function refusedDigestName(oid: string): string {
  return WEAK.get(oid) ?? oid;
}

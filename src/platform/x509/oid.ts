/** Object identifiers as DER holds them, in hex. */
export const OID = {
  commonName: '550403',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  subjectAltName: '551d11',
  nameConstraints: '551d1e',
  certificatePolicies: '551d20',
  clientAuth: '2b06010505070302',
} as const;

/** How a certificate may be signed: RSA (PKCS #1) and ECDSA with SHA-256, SHA-384 or SHA-512, Ed25519, Ed448. */
export const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  '2a864886f70d01010b',
  '2a864886f70d01010c',
  '2a864886f70d01010d',
  '2a8648ce3d040302',
  '2a8648ce3d040303',
  '2a8648ce3d040304',
  '2b6570',
  '2b6571',
]);

/** `551d1e` as people write it: `2.5.29.30`. */
export function dotted(hex: string): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of Buffer.from(hex, 'hex')) {
    arc = arc * 128n + BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...rest] = arcs;
  const root = first >= 80n ? 2n : first / 40n;
  return [root, first - root * 40n, ...rest].join('.');
}

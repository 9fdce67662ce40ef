/** One value of DER, the encoding of certificates. */
export interface DerValue {
  /** As it stands there: class, kind and number in one octet. */
  readonly tag: number;
  readonly content: Buffer;
}

/** Not the DER that we read; certificates that OpenSSL took do not cause it. */
export class DerError extends Error {}

/** The values that stand one after the other in `bytes`, which they fill. */
export function readDer(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const { start, length } = extentAt(bytes, at);
    if (start + length > bytes.length) throw new DerError('a value is cut off');
    values.push({ tag: bytes.readUInt8(at), content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

/** The values inside of the only one in `bytes`: of a SEQUENCE, mostly. */
export function readInside(bytes: Buffer): DerValue[] {
  const [value, ...more] = readDer(bytes);
  if (value === undefined || more.length > 0) throw new DerError('one value is expected');
  return readDer(value.content);
}

/** Lengths above 127 say first how many octets they have; no certificate needs more than three. */
function extentAt(bytes: Buffer, at: number): { start: number; length: number } {
  if (at + 2 > bytes.length) throw new DerError('a value is cut off');
  const first = bytes.readUInt8(at + 1);
  if (first < 0x80) return { start: at + 2, length: first };
  const octets = first - 0x80;
  if (octets < 1 || octets > 3 || at + 2 + octets > bytes.length)
    throw new DerError('a length cannot be read');
  return { start: at + 2 + octets, length: bytes.readUIntBE(at + 2, octets) };
}

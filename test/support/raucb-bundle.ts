/** One element of DER. */
export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x83, length >> 16, (length >> 8) & 255, length & 255]), content]);
}

const SIGNED = Buffer.from('2a864886f70d010702', 'hex');
const DATA = Buffer.from('2a864886f70d010701', 'hex');

/** A CMS signed by nobody, around a manifest or detached: right in form, which is all that readers of content ask for. */
export function unsignedCms(manifest?: Buffer): Buffer {
  const content = manifest ? [der(0xa0, der(0x04, manifest))] : [];
  const enclosed = der(0x30, der(0x06, DATA), ...content);
  const signed = der(0x30, der(0x02, Buffer.from([1])), der(0x31), enclosed, der(0x31));
  return der(0x30, der(0x06, SIGNED), der(0xa0, signed));
}

/** A bundle of these parts. */
export function raucbOf(payload: Buffer, cms: Buffer): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(cms.length));
  return Buffer.concat([payload, cms, size]);
}

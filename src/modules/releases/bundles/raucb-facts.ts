import type { ByteSource } from '../../../formats/byte-source';
import { readRaucb } from '../../../formats/raucb/raucb.reader';
import { hardwareOfCompatible } from '../release/compatible';
import type { BundleFacts } from './bundle-facts';
import type { HeldBackHash } from './held-back-hash';

/**
 * What a `.raucb` says, in our words.
 * @param hash has seen the whole file
 * @param compatiblePattern how the tenant tells model and revision apart; see `hardwareOfCompatible`
 * @throws FormatError
 */
export async function factsOfRaucb(
  source: ByteSource,
  hash: HeldBackHash | undefined,
  compatiblePattern: string | undefined,
): Promise<BundleFacts> {
  const { compatible, version, description, build, warnings, cms } = await readRaucb(source);
  const about = [description, build === undefined ? undefined : `build ${build}`].filter(Boolean).join(', ');
  const octets = await source.read(cms.offset, cms.sizeBytes);
  return {
    format: 'raucb',
    ...(version === undefined || version === '' ? {} : { version }),
    ...(about === '' ? {} : { description: about }),
    hardware: compatible === '' ? [] : [hardwareOfCompatible(compatible, compatiblePattern)],
    warnings,
    signed: cms.isDetached
      ? { kind: 'detached', cms: octets, contentBytes: cms.offset, sha256: hash?.digestOf(cms.offset) }
      : { kind: 'enclosing', cms: octets },
  };
}

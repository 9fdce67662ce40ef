import type { SignedPart } from '../../../formats/swu/swu.reader';
import type { SwuDescription } from '../../../formats/swu/swu-description';
import type { BundleFacts } from './bundle-facts';

/** What a `.swu` says, in our words. */
export function factsOfSwu(swu: SwuDescription, part: SignedPart): BundleFacts {
  const unsigned = swu.signed ? [] : ['The bundle is not signed: devices that demand a signature refuse it.'];
  const isEncrypted = swu.encryptedDescription;
  return {
    format: 'swu',
    ...(swu.version === '' ? {} : { version: swu.version }),
    ...(swu.name === undefined ? {} : { name: swu.name }),
    ...(swu.description === undefined ? {} : { description: swu.description }),
    hardware: swu.hardware.map(({ board, revision }) => ({
      model: board,
      revision: literalRevision(revision),
    })),
    warnings: [...swu.warnings, ...unsigned],
    signed: { kind: 'description', ...part, signature: part.signature, isEncrypted },
  };
}

/** SWUpdate compares revisions letter by letter, so a star in a bundle is a star and no glob of ours. */
function literalRevision(revision: string): string {
  if (revision.startsWith('#RE:') || !/[*?]/.test(revision)) return revision;
  return `#RE:^${revision.replace(/[.+^${}()|[\]\\*?]/g, '\\$&')}$`;
}

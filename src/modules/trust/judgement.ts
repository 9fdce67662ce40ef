import type { Signer as VerdictSigner, Verdict } from '../../formats/cms/verdict';
import type { SignaturePolicy } from '../tenants/tenant-settings';

/** What a file is worth by its signature; see Verdict of formats/cms for the words. */
export type Judgement = Verdict | { readonly kind: 'unsigned' };

export type Signer = VerdictSigner;

/** Why a file that was judged so may not be rolled out; undefined: it may. A broken signature never is, whatever is demanded. */
export function refusalOf(judgement: Judgement, demand: SignaturePolicy['demand']): string | undefined {
  if (judgement.kind === 'broken') return `Its signature is broken: ${judgement.reason}.`;
  if (demand === 'none' || judgement.kind === 'signed') return undefined;
  const wanted = 'this tenant rolls out only what a trust anchor of its own vouches for (signatures.demand)';
  return judgement.kind === 'unsigned'
    ? `It is not signed, and ${wanted}.`
    : `Its signature is not trusted: ${judgement.reason}; ${wanted}.`;
}

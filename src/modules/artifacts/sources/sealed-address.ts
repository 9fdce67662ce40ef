import type { Credentials } from '../../../platform/outbound/credentials';
import { outboundUrl } from '../../../platform/outbound/outbound-url';
import type { SecretBox } from '../../../platform/secrets/secret-box';
import type { Source } from './source';

/** An address with all that opens it. */
export interface OpenAddress {
  readonly url: string;
  readonly credentials: Credentials | undefined;
}

interface Secrets {
  readonly query?: string;
  readonly credentials?: Credentials;
}

/**
 * Parts an address into what may be shown and what is sealed. A query is sealed too: signed addresses of object stores carry
 * their key there. Sealed secrets belong to this tenant and address; in another row they do not open.
 */
export function sealAddress(
  box: SecretBox,
  tenantId: string,
  { url, credentials }: OpenAddress,
): Pick<Source, 'address' | 'sealed'> {
  const parsed = outboundUrl(url);
  const query = parsed.search;
  parsed.search = '';
  const address = parsed.href;
  if (query === '' && credentials === undefined) return { address, sealed: undefined };
  const secrets: Secrets = {
    ...(query === '' ? {} : { query }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  return { address, sealed: box.seal(JSON.stringify(secrets), purposeOf(tenantId, address)) };
}

/** @throws SecretKeyError */
export function openAddress(
  box: SecretBox,
  tenantId: string,
  { address, sealed }: Pick<Source, 'address' | 'sealed'>,
): OpenAddress {
  if (sealed === undefined) return { url: address, credentials: undefined };
  const { query = '', credentials } = JSON.parse(box.open(sealed, purposeOf(tenantId, address))) as Secrets;
  return { url: `${address}${query}`, credentials };
}

function purposeOf(tenantId: string, address: string): { tenantId: string; what: string } {
  return { tenantId, what: `source of a blob: ${address}` };
}

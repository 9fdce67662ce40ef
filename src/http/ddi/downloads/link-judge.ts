/** Why a device is not sent to an address: each can be helped by the operator alone. */
export type LinkFault = 'own-origin' | 'unencrypted' | 'unreadable';

/**
 * What speaks against redirecting a device from one of `ours` to `link`. To our own origin its token would travel along (curl
 * drops it only where scheme, host or port differ), and from https to http clients refuse to go, rightly.
 */
export function faultOfLink(link: string, ours: readonly string[]): LinkFault | undefined {
  const target = parsed(link);
  const origins = ours.map(parsed);
  if (target === undefined || !origins.every((one) => one !== undefined)) return 'unreadable';
  if (origins.some(({ origin }) => origin === target.origin)) return 'own-origin';
  const isLeft = target.protocol !== 'https:' && origins.some(({ protocol }) => protocol === 'https:');
  return isLeft ? 'unencrypted' : undefined;
}

/** The Host header is the device's, so it need not be one. */
function parsed(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

import { isSameHash } from '../../identity/token';
import type { SightedDevice } from './sighting';

/** What a device may hold as a token of its own. */
export type TokenHolder = Pick<SightedDevice, 'targetTokenHash' | 'targetTokenExpiresAt' | 'previousToken'>;

/** Which of the device's tokens has this hash and has not ended; undefined: none, it lets nobody in. */
export function ownTokenOf(
  { targetTokenHash, targetTokenExpiresAt, previousToken }: TokenHolder,
  hash: Buffer,
  nowMs: number,
): 'current' | 'previous' | undefined {
  if (targetTokenHash !== undefined && isSameHash(targetTokenHash, hash))
    return isOver(targetTokenExpiresAt, nowMs) ? undefined : 'current';
  if (previousToken === undefined || !isSameHash(previousToken.hash, hash)) return undefined;
  return isOver(previousToken.expiresAt, nowMs) ? undefined : 'previous';
}

function isOver(endsAt: Date | undefined, nowMs: number): boolean {
  return endsAt !== undefined && endsAt.getTime() <= nowMs;
}

import type { DeviceRow } from './device-row';

/** The tokens of a device as its row keeps them. */
export interface KeptTokens {
  readonly current: KeptToken | undefined;
  /** Good beside the current one until it ends. */
  readonly previous: (KeptToken & { readonly expiresAt: Date }) | undefined;
}

export interface KeptToken {
  readonly hash: Buffer;
  readonly expiresAt: Date | undefined;
}

export function keptTokens(row: DeviceRow): KeptTokens {
  const { target_token_hash: current, previous_token_hash: previous } = row;
  const until = row.previous_token_expires_at;
  return {
    current:
      current === null ? undefined : { hash: current, expiresAt: row.target_token_expires_at ?? undefined },
    previous: previous === null || until === null ? undefined : { hash: previous, expiresAt: until },
  };
}

/** What is known of an updated device that may have fallen silent. */
export interface Watched {
  readonly settledAt: Date;
  /** Undefined: it was never heard of. */
  readonly lastSeenAt: Date | undefined;
  /** Of its wave. */
  readonly soakMs: number;
}

/** `silent`: for too long, and in its soak. `over`: it was heard of after its soak, and may be silent from then on. */
export type Watch = 'silent' | 'over' | { readonly nextAt: Date };

/**
 * Whether a device is silent: not heard of for so long, since its update at the latest, and not once after the soak that began for
 * it with its update. A device that is switched off for the night weeks later is no concern of the rollout. Otherwise, when it may
 * be: nobody has to look before.
 */
export function watchOf({ settledAt, lastSeenAt, soakMs }: Watched, spanMs: number, now: Date): Watch {
  const settledMs = settledAt.getTime();
  const heardMs = lastSeenAt?.getTime() ?? settledMs;
  if (heardMs >= settledMs + Math.max(soakMs, spanMs)) return 'over';
  const silentFromMs = Math.max(heardMs, settledMs) + spanMs;
  // The database counts in microseconds: what is cut off here must not bring the same look again at once.
  return silentFromMs < now.getTime() ? 'silent' : { nextAt: new Date(silentFromMs + 1) };
}

/** Shares are hundredths of a percent, as buckets are: 10 000 is all. */
export interface Gate {
  /** So much of what was admitted must have been confirmed before the next wave begins. */
  readonly successShare: number;
  /** More failures than this share of what is finished (or of the sample, while less is) close the gate. */
  readonly failureShare: number;
  /** So many devices have to be admitted before the gate says anything good, and count at least when it says something bad. */
  readonly sample: number;
  /** How long all of that has to hold. */
  readonly soakMs: number;
  /** Only an operator opens the next wave. */
  readonly isManual: boolean;
}

/** Whom a wave names beside its percentage. */
export interface Members {
  readonly controllerIds: readonly string[];
  readonly tags: readonly string[];
  /** RSQL over devices. */
  readonly filter: string | undefined;
}

/** One step of a rollout: the devices of the first `buckets` of 10 000 buckets, and those that it names. */
export interface Wave {
  /** From 1. */
  readonly position: number;
  readonly name: string | undefined;
  readonly buckets: number;
  readonly members: Members;
  /** Never more devices than that, whatever the percentage says. */
  readonly mostDevices: number | undefined;
  readonly gate: Gate;
}

/** How far a wave is. */
export interface WaveProgress {
  readonly position: number;
  /** Since when everything that the gate wants holds. */
  readonly soakSince: Date | undefined;
  readonly passedAt: Date | undefined;
  /** `gate`, or who advanced it. */
  readonly passedBy: string | undefined;
}

export const NO_MEMBERS: Members = { controllerIds: [], tags: [], filter: undefined };

/** What holds when nothing is said: one in four of the first twenty stops it. */
export const DEFAULT_GATE: Gate = {
  successShare: 9000,
  failureShare: 2500,
  sample: 20,
  soakMs: 0,
  isManual: false,
};

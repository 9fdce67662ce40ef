/** How fast it goes. */
export interface Pace {
  /** Devices that are under way at once. */
  readonly inFlightCap: number | undefined;
  readonly offersPerMinute: number | undefined;
  /** Begins with `startPerMinute` and doubles each `doublingMs`, up to `offersPerMinute` if there is one. */
  readonly ramp: Ramp | undefined;
}

export interface Ramp {
  readonly startPerMinute: number;
  readonly doublingMs: number;
}

/** What a device has to show: that it runs the version (if it ever reported one), or only its word. */
export const CONFIRMATIONS = ['version', 'report'] as const;
export type Confirms = (typeof CONFIRMATIONS)[number];

/** What a rollout does when a gate closes. */
export const TRIP_ACTS = ['pause', 'abort'] as const;
export type TripAct = (typeof TRIP_ACTS)[number];

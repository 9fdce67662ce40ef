import type { Fetching } from '../ddi/download';

export const DEVICE_STATES = [
  'off',
  'idle',
  'downloading',
  'installing',
  'rebooting',
  'reporting',
  'stalled',
  'silent',
] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

/** The end of what a device was doing: thrown from anywhere within it. */
export class Interruption extends Error {
  constructor(readonly kind: 'power-loss' | 'stall' | 'silent' | 'reboot') {
    super(kind);
  }
}

/** What a client must not forget: that it owes the server the outcome of an action. */
export interface Owed {
  readonly actionId: string;
  readonly verdict: 'success' | 'failure';
}

/** How often a client asks while it works, and whether it is to stop. */
export interface Watch {
  readonly everyMs: number;
  readonly isToStop: () => Promise<boolean>;
}

/** How a profile downloads. */
export type FetchHabits = Pick<Fetching, 'algorithm' | 'resumes' | 'tries'> &
  Partial<Pick<Fetching, 'headers' | 'usesIfRange' | 'signal'>> & { readonly url?: string };

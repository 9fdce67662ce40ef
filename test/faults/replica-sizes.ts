import type { ReplicaWish } from './replica-kills';

type Size = Omit<ReplicaWish, 'say' | 'seed'>;

/** `npm run proof:replicas`. */
export const WHOLE: Size = {
  ...{ devices: 10_000, pollMs: 30_000, timeScale: 2, inFlightCap: 400, downMs: 8_000, mostMs: 1_200_000 },
  blows: [
    { atShare: 0.3, replica: 1 },
    { atShare: 0.5, replica: 1 },
    { atShare: 0.7, replica: 0 },
  ],
};

/** The same for `npm run test:e2e`. */
export const SHORT: Size = {
  ...{ devices: 500, pollMs: 1_000, timeScale: 5, inFlightCap: 40, downMs: 1_500, mostMs: 300_000 },
  blows: [
    { atShare: 0.25, replica: 1 },
    { atShare: 0.6, replica: 0 },
  ],
};

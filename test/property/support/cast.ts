import fc from 'fast-check';
import type { Client } from '../../../src/modules/devices/device/client';
import type { Confirms, TripAct } from '../../../src/modules/rollouts/rollout/conduct';
import type { RolloutWindow } from '../../../src/modules/rollouts/rollout/rollout-window';
import type { Gate } from '../../../src/modules/rollouts/rollout/wave';

/** The releases that every history has; the third is lower than what devices run, the fourth for other hardware. */
export const RELEASES = [
  { version: '2.0.0', model: 'board' },
  { version: '3.0.0', model: 'board' },
  { version: '0.5.0', model: 'board' },
  { version: '4.0.0', model: 'other' },
] as const;

/** Nobody ever releases this one. */
export const THIRD_VERSION = '9.9.9-odd';

export interface CastDevice {
  readonly model: 'board' | 'other';
  /** Undefined: it never said. */
  readonly version: string | undefined;
  readonly client: Client;
  readonly timezone: string | undefined;
  readonly feed: number;
  readonly tags: readonly string[];
}

export interface CastWave {
  readonly buckets: number;
  /** Devices that it names, by their places. */
  readonly members: readonly number[];
  readonly mostDevices: number | undefined;
  readonly gate: Gate;
}

export interface CastRollout {
  readonly release: number;
  readonly feed: number;
  /** Only devices with this tag. */
  readonly tag: string | undefined;
  readonly priority: number;
  readonly cap: number | undefined;
  readonly offersPerMinute: number | undefined;
  readonly mostDevices: number | undefined;
  readonly attempts: number;
  readonly allowsDowngrade: boolean;
  readonly confirms: Confirms;
  readonly silentPolls: number;
  readonly whenTripped: TripAct;
  readonly windows: readonly RolloutWindow[];
  readonly waves: readonly CastWave[];
  readonly isStarted: boolean;
}

/** Who is there when a history begins. */
export interface Cast {
  readonly devices: readonly CastDevice[];
  readonly rollouts: readonly CastRollout[];
}

/** What a history is about: each may be more or less likely, or fixed. */
export interface Casting {
  readonly devices: { readonly least: number; readonly most: number };
  readonly rollouts: { readonly least: number; readonly most: number };
  readonly rollout: Partial<{ readonly [K in keyof CastRollout]: fc.Arbitrary<CastRollout[K]> }>;
  readonly device: Partial<{ readonly [K in keyof CastDevice]: fc.Arbitrary<CastDevice[K]> }>;
}

export const ALL_BUCKETS = 10_000;

export const GATE: Gate = {
  successShare: 5000,
  failureShare: 4000,
  sample: 2,
  soakMs: 0,
  isManual: false,
};

/** One wave of everybody; its gate closes after the first few failures. */
export const ONE_WAVE: readonly CastWave[] = [
  { buckets: ALL_BUCKETS, members: [], mostDevices: undefined, gate: GATE },
];

/** The same, but it bears any failure: histories that are about devices are not to end with the first. */
export const ONE_PATIENT_WAVE: readonly CastWave[] = [
  { buckets: ALL_BUCKETS, members: [], mostDevices: undefined, gate: { ...GATE, failureShare: ALL_BUCKETS } },
];

export const aGate: fc.Arbitrary<Gate> = fc.record({
  successShare: fc.constantFrom(0, 5000, 9000, 10_000),
  failureShare: fc.constantFrom(0, 2500, 5000, 10_000),
  sample: fc.integer({ min: 1, max: 3 }),
  soakMs: fc.constantFrom(0, 0, 600_000),
  isManual: fc.boolean(),
});

/** Waves that grow, and the last reaches everybody. */
export const someWaves: fc.Arbitrary<readonly CastWave[]> = fc
  .array(
    fc.record({
      buckets: fc.nat(ALL_BUCKETS),
      members: fc.uniqueArray(fc.nat(7), { maxLength: 3 }),
      mostDevices: fc.constant(undefined),
      gate: aGate,
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((waves) => {
    const shares = waves.map(({ buckets }) => buckets).sort((a, b) => a - b);
    const last = waves.length - 1;
    return waves.map((wave, at) => ({ ...wave, buckets: at === last ? ALL_BUCKETS : (shares[at] ?? 0) }));
  });

const DEVICE: { readonly [K in keyof CastDevice]: fc.Arbitrary<CastDevice[K]> } = {
  model: fc.constantFrom('board', 'board', 'board', 'board', 'other'),
  version: fc.constantFrom('1.0.0', '1.0.0', '1.0.0', undefined, '2.0.0'),
  client: fc.constant('unknown'),
  timezone: fc.constant(undefined),
  feed: fc.constantFrom(0, 0, 0, 1),
  tags: fc.constantFrom([], [], ['canary']),
};

const ROLLOUT: { readonly [K in keyof CastRollout]: fc.Arbitrary<CastRollout[K]> } = {
  release: fc.constantFrom(0, 0, 1, 2, 3),
  feed: fc.constantFrom(0, 0, 0, 1),
  tag: fc.constant(undefined),
  priority: fc.constantFrom(0, 0, 1),
  cap: fc.constant(undefined),
  offersPerMinute: fc.constant(undefined),
  mostDevices: fc.constant(undefined),
  attempts: fc.constantFrom(1, 1, 2, 3),
  allowsDowngrade: fc.constantFrom(false, false, true),
  confirms: fc.constantFrom('version', 'report'),
  silentPolls: fc.constant(0),
  whenTripped: fc.constantFrom('pause', 'pause', 'abort'),
  windows: fc.constant([]),
  waves: fc.constant(ONE_WAVE),
  isStarted: fc.constantFrom(true, true, true, false),
};

/** Rollouts that run and mean nearly everybody, so that much happens. */
export const BUSY = {
  rollout: {
    release: fc.constantFrom(0, 0, 1),
    feed: fc.constant(0),
    waves: fc.constantFrom(ONE_WAVE, ONE_PATIENT_WAVE, ONE_PATIENT_WAVE),
    isStarted: fc.constant(true),
  },
  device: {
    model: fc.constant('board' as const),
    feed: fc.constant(0),
    version: fc.constantFrom('1.0.0', '1.0.0', undefined),
  },
} satisfies Pick<Casting, 'rollout' | 'device'>;

export function aCast({ devices, rollouts, rollout, device }: Casting): fc.Arbitrary<Cast> {
  return fc.record({
    devices: fc.array(fc.record({ ...DEVICE, ...device }), {
      minLength: devices.least,
      maxLength: devices.most,
      size: 'max',
    }),
    rollouts: fc.array(fc.record({ ...ROLLOUT, ...rollout }), {
      minLength: rollouts.least,
      maxLength: rollouts.most,
      size: 'max',
    }),
  });
}

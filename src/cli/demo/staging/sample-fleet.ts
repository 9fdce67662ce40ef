import type { FaultRates } from '../../simulator/fault';
import type { NewRelease } from './management';
import { sampleBundle } from './sample-bundle';

/** What the demo's devices run at first, and what they are to run. */
export const VERSIONS = { from: '1.0.0', to: '2.0.0' } as const;

/** Per cent of the updates: enough misfortune to be seen, little enough for the rollout to get through. */
export const SAMPLE_FAULTS: FaultRates = {
  fail: 3,
  'roll-back': 2,
  'power-loss': 4,
  repeat: 3,
  reorder: 2,
  late: 1,
  silent: 1,
  cut: 6,
  'broken-json': 4,
};

/** The feed that new devices follow. */
export const FEED = 'default';

const MODEL = 'simulated';
const SIZE_BYTES = 256 * 1024;
const LEAST_IN_FLIGHT = 10;
const DEVICES_PER_POLL_SECOND = 300;

/** Real bytes in a bundle that every simulated client takes: the devices download them and compare their digests. */
export function sampleRelease(): NewRelease {
  const version = VERSIONS.to;
  return {
    name: 'demo-firmware',
    version,
    compatibility: `${MODEL}:*`,
    fileName: `demo-firmware-${version}.swu`,
    content: sampleBundle(version, Buffer.alloc(SIZE_BYTES, `Rookery's demo firmware ${version}\n`)),
  };
}

/** A quarter of the fleet at a time: so the rollout is seen to move, and a cap is seen to hold. */
export function inFlightCap(devices: number): number {
  return Math.max(LEAST_IN_FLIGHT, Math.ceil(devices / 4));
}

/** Short enough to watch, long enough that a large fleet does not keep a laptop busy with polls alone. */
export function pollSeconds(devices: number): number {
  return Math.max(2, Math.ceil(devices / DEVICES_PER_POLL_SECOND));
}

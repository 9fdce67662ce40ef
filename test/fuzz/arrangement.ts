import type { Management } from '../e2e/support/management';
import { Chance } from './chance';
import { DEVICE_SCRIPTS } from './device-scripts';
import { LOG_ENTRIES, Rehearsal, type Arrangement, type FuzzRelease } from './rehearsal';
import type { FuzzDevice, FuzzModule, World } from './world';

const AUTHORITY = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';
const FILES = [
  ['firmware.bin', 3000],
  ['größe & mehr.bin', 700],
  ['tiny.bin', 1],
] as const;

/** Makes releases and devices, and leads each device to its state. Whatever gets an id gets the same in each run. */
export async function arrange(arrangement: Arrangement): Promise<World> {
  const { management, gatewayToken, devicesPerState } = arrangement;
  await management.send('PATCH', '/tenant/settings', {
    confirmation: true,
    // Devices are led to failures here, and the release is none the worse for it.
    breaker: { failureShare: 100, sample: 1_000_000 },
    certificateAuthorities: [AUTHORITY],
    quotas: { logEntries: LOG_ENTRIES, messages: 20, attributes: 40 },
  });
  const releases: FuzzRelease[] = [];
  for (const version of ['2.0.0', '3.0.0']) releases.push(await upload(management, version));
  const devices: FuzzDevice[] = [];
  for (const script of DEVICE_SCRIPTS) {
    const ids = Array.from({ length: devicesPerState }, (_, n) => nameOf(devices.length + n));
    devices.push(...(await new Rehearsal(arrangement, releases, ids).lead(script)));
  }
  // From now on whoever has nothing to do is offered something by a poll.
  await management.rollOut({ name: 'for everybody', feed: 'default', releaseId: releases[1]?.id ?? '' });
  const modules: FuzzModule[] = releases.flatMap((release) =>
    release.modules.map(({ id, artifacts }) => ({
      id,
      fileNames: artifacts.map(({ fileName }) => fileName),
    })),
  );
  const names = releases.map(({ name, version }) => ({ name, version }));
  return { tenant: 'DEFAULT', gatewayToken, authority: AUTHORITY, devices, modules, releases: names };
}

/** All of one length, so that none is found in another. */
function nameOf(number: number): string {
  return `fuzz-${String(number).padStart(4, '0')}`;
}

async function upload(management: Management, version: string): Promise<FuzzRelease> {
  const form = new FormData();
  const fields = { name: 'firmware', version, compatibility: 'fuzzed:*' };
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  for (const [name, sizeBytes] of FILES) {
    const content = new Chance(name, version).bytes(sizeBytes);
    form.append('file', new Blob([new Uint8Array(content)]), name);
  }
  return management.send('POST', '/releases', form);
}

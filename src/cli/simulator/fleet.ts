import { DdiClient } from './ddi/ddi-client';
import type { Device } from './devices/device';
import { DEVICE_STATES, type DeviceState } from './devices/device-state';
import { fleetSettings, type FleetOptions, type FleetSettings } from './fleet-settings';
import { Instances } from './ddi/instances';
import { Oracle } from './judging/oracle';
import { EspDevice } from './devices/profile-esp';
import { RaucDevice } from './devices/profile-rauc';
import { dealProfiles, PROFILES, type ProfileName } from './profile-shares';
import { SwupdateDevice } from './devices/profile-swupdate';
import { ZephyrDevice } from './devices/profile-zephyr';
import { TimerWheel } from './timer-wheel';
import { Traffic } from './ddi/traffic';
import type { World } from './devices/world';

/** How a fleet stands at one moment. */
export interface FleetSnapshot {
  readonly devices: number;
  readonly byState: Readonly<Record<DeviceState, number>>;
  readonly byProfile: Readonly<Record<ProfileName, number>>;
  readonly byVersion: Readonly<Record<string, number>>;
  readonly actions: number;
  readonly requests: number;
  readonly reports: number;
  readonly unanswered: number;
  readonly unavailable: number;
  readonly wrongAnswers: number;
  readonly complaints: number;
}

const MAKERS: Readonly<Record<ProfileName, new (controllerId: string, world: World) => Device>> = {
  swupdate: SwupdateDevice,
  rauc: RaucDevice,
  zephyr: ZephyrDevice,
  esp: EspDevice,
};

/** Polls in a row without anything to do after which a device counts as done. */
const QUIET_POLLS = 3;
/** New devices per second at most: a fleet is switched on, it does not explode. */
const BOOTS_PER_SECOND = 1000;
const LOOK_MS = 100;

/** A fleet of simulated devices in this process, speaking DDI to a server over HTTP. */
export class SimulatedFleet {
  readonly oracle = new Oracle();
  readonly traffic = new Traffic();
  readonly settings: FleetSettings;
  readonly devices: readonly Device[];
  private readonly wheel = new TimerWheel();
  private readonly client: DdiClient;
  private isStopped = false;

  constructor(options: FleetOptions) {
    this.settings = fleetSettings(options);
    const { devices, profiles, seed, prefix, maxSockets, urls } = this.settings;
    this.client = new DdiClient(this.traffic, maxSockets, new Instances(urls));
    const world: World = {
      settings: this.settings,
      client: this.client,
      wheel: this.wheel,
      oracle: this.oracle,
    };
    this.devices = dealProfiles(devices, profiles, seed).map(
      (profile, index) => new MAKERS[profile](`${prefix}-${String(index + 1).padStart(5, '0')}`, world),
    );
  }

  /** Switches the devices on, one after the other over the time of one poll. */
  start(): void {
    const spreadMs = Math.max(this.settings.pollMs ?? 5000, (this.devices.length / BOOTS_PER_SECOND) * 1000);
    this.wheel.start();
    for (const [index, device] of this.devices.entries())
      device.switchOn((index / this.devices.length) * spreadMs);
  }

  /** Cuts the power of all devices. What they did so far stays in the oracle. */
  stop(): void {
    this.isStopped = true;
    this.wheel.stop();
    this.client.close();
  }

  /** Resolves with true once every device is done or dead and at least one update took place; with false at the end of `mostMs`. */
  async settled(mostMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const startedMs = performance.now();
    while (!this.isStopped && performance.now() - startedMs < mostMs) {
      if (this.isSettled) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return this.isSettled;
  }

  get isSettled(): boolean {
    return (
      this.oracle.actionCount > 0 &&
      this.devices.every((device) => device.isDead || device.quietPolls >= QUIET_POLLS)
    );
  }

  /** While an outage is announced, 503 with Retry-After is no fault of the server. */
  announceOutage(isOutage: boolean): void {
    this.traffic.announceOutage(isOutage);
  }

  snapshot(): FleetSnapshot {
    const byState = counts<DeviceState>(DEVICE_STATES);
    const byProfile = counts<ProfileName>(PROFILES);
    const byVersion: Record<string, number> = {};
    for (const { state, profile, controllerId } of this.devices) {
      byState[state] += 1;
      byProfile[profile] += 1;
      const runs = this.oracle.devices.get(controllerId)?.runs ?? this.settings.version;
      byVersion[runs] = (byVersion[runs] ?? 0) + 1;
    }
    const { requests, reports, unanswered, unavailable, wrongAnswers } = this.traffic;
    return {
      ...{ devices: this.devices.length, byState, byProfile, byVersion, actions: this.oracle.actionCount },
      ...{ requests, reports, unanswered, unavailable, wrongAnswers },
      complaints: this.oracle.complaints.length,
    };
  }
}

function counts<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

import type { Actor } from '../../../src/platform/actor/actor';
import type { CastDevice } from './cast';

export interface StagedDevice extends CastDevice {
  readonly id: string;
  readonly controllerId: string;
}

/** A tenant of its own with the devices, feeds and releases that a history begins with. */
export class Stage {
  constructor(
    readonly tenantId: string,
    readonly tenantKey: string,
    readonly devices: readonly StagedDevice[],
    readonly feeds: readonly { readonly id: string; readonly name: string }[],
    readonly releases: readonly { readonly id: string; readonly version: string; readonly model: string }[],
  ) {}

  deviceAt(place: number): StagedDevice {
    return this.devices[place % this.devices.length]!;
  }

  get operator(): Actor {
    return { kind: 'user', tenantId: this.tenantId, name: 'operator', role: 'administrator' };
  }

  get approver(): Actor {
    return { ...this.operator, name: 'approver' };
  }
}

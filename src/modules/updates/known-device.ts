import type { Actor } from '../../platform/actor/actor';
import type { DeviceName } from './sighting';

/** A device that proved who it is and is registered. */
export interface KnownDevice {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly name: DeviceName;
}

export function deviceActor(device: KnownDevice): Actor {
  return { kind: 'device', tenantId: device.tenantId, name: device.name.controllerId, role: 'viewer' };
}

import type { Actor } from '../../../platform/actor/actor';
import type { TenantSettings } from '../../tenants/tenant-settings';
import type { DeviceName } from './sighting';

/** A device that proved who it is and is registered. */
export interface KnownDevice {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly name: DeviceName;
  /** Its tenant's, from the plan that the request is answered by. */
  readonly settings: TenantSettings;
  /** Nothing is offered to it until it reports. */
  readonly isQuiet: boolean;
}

export function deviceActor(device: KnownDevice): Actor {
  return { kind: 'device', tenantId: device.tenantId, name: device.name.controllerId, role: 'viewer' };
}

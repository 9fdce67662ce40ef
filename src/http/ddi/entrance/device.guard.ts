import {
  Injectable,
  UnauthorizedException,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import type { Client } from '../../../modules/devices/device/client';
import type { DeviceCredential } from '../../../modules/updates/sightings/sighting';
import type { KnownDevice } from '../../../modules/updates/sightings/known-device';
import { RequestOrigin } from '../../shared/request-origin';
import { refusalError, waitingError, type Entry } from '../wire/admittance';
import { chooseRepresentation } from '../wire/accept';
import { deviceUrl, type DdiPath } from '../wire/ddi-path';
import { DeviceEntrance } from './device-entrance.service';
import { patiently } from '../wire/patience';
import { refuseUnacceptable } from '../wire/representation';

/** The device of a request that passed the {@link DeviceGuard}, with what its links begin with. */
export interface CallingDevice extends KnownDevice {
  readonly url: string;
  /** What it came in with. */
  readonly credential: DeviceCredential;
  /** What runs on it, as far as we know. */
  readonly client: Client;
  /** It waits for an operator. */
  readonly isWaiting: boolean;
}

interface DeviceRequest extends Request {
  device?: CallingDevice;
}

/** Lets devices in that prove who they are; everything but the root poll needs a device that is registered. */
@Injectable()
export class DeviceGuard implements CanActivate {
  /** Plug and play: a device that was never seen is made. */
  protected readonly registers: boolean = false;
  protected readonly needsDevice: boolean = true;
  /** A device that waits for an operator has nothing to do here. */
  protected readonly needsApproval: boolean = true;

  constructor(
    private readonly entrance: DeviceEntrance,
    private readonly origin: RequestOrigin,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<DeviceRequest>();
    const path: DdiPath = {
      tenant: String(request.params['tenant']),
      controllerId: String(request.params['controllerId']),
    };
    // A device is made by a request that is answered, not by one that is refused.
    const registers = this.registers && chooseRepresentation(request.headers.accept) !== undefined;
    const admittance = await this.entrance.admit(request, path, registers);
    if (admittance.kind === 'unknown') {
      if (this.registers) refuseUnacceptable(request);
      if (!this.needsDevice) return true;
    }
    if (admittance.kind !== 'in') throw refusalError(admittance, path);
    if (this.needsApproval && admittance.entry.device.approval === 'waiting') throw waitingError(path);
    request.device = this.callingDevice(request, path, admittance.entry);
    return true;
  }

  private callingDevice(request: Request, path: DdiPath, entry: Entry): CallingDevice {
    const { name, sighting, device, plan, credential } = entry;
    return {
      ...{ tenantId: sighting.tenantId, deviceId: device.id, name, settings: plan.settings },
      isQuiet: device.quietUntilMs !== undefined,
      url: deviceUrl(this.origin.baseUrl(request), path),
      credential,
      client: device.client,
      isWaiting: device.approval === 'waiting',
    };
  }
}

/** The same for the other requests that devices begin with (contract E12, and ours for a token). */
@Injectable()
export class RegisteringDeviceGuard extends DeviceGuard {
  protected override readonly registers = true;
  protected override readonly needsApproval = false;
}

/** For what a device tells of itself, so that an operator sees whom to let in. */
@Injectable()
export class WaitingDeviceGuard extends DeviceGuard {
  protected override readonly needsApproval = false;
}

/** For requests that no device can make: who may ask at all is told that, whether the device is there or not. */
@Injectable()
export class BearerGuard extends DeviceGuard {
  protected override readonly needsDevice = false;
  protected override readonly needsApproval = false;
}

/** The same for downloads, which wait for a database that is away rather than fail. */
@Injectable()
export class PatientDeviceGuard extends DeviceGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return patiently(() => super.canActivate(context));
  }
}

/** The device that the guard let in. */
export const CurrentDevice = createParamDecorator(
  (_data: unknown, context: ExecutionContext): CallingDevice => {
    const { device } = context.switchToHttp().getRequest<DeviceRequest>();
    if (device === undefined) throw new UnauthorizedException();
    return device;
  },
);

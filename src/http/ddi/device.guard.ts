import {
  BadRequestException,
  Injectable,
  NotFoundException,
  UnauthorizedException,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import type { KnownDevice } from '../../modules/updates/known-device';
import { RequestOrigin } from '../shared/request-origin';
import type { DdiPath } from './ddi-path';
import { DeviceEntrance } from './device-entrance.service';
import { patiently } from './patience';
import { deviceUrl } from './poll-lane';

/** The device of a request that passed the {@link DeviceGuard}, with what its links begin with. */
export interface CallingDevice extends KnownDevice {
  readonly url: string;
}

interface DeviceRequest extends Request {
  device?: CallingDevice;
}

/** Lets devices in that prove who they are; everything but the root poll needs a device that is registered. */
@Injectable()
export class DeviceGuard implements CanActivate {
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
    const admittance = await this.entrance.admit(request, path, false);
    switch (admittance.kind) {
      case 'bad-id':
        throw new BadRequestException();
      case 'stranger':
        throw new UnauthorizedException();
      case 'unknown':
        throw new NotFoundException();
      case 'in': {
        const { name, sighting, device } = admittance.entry;
        const url = deviceUrl(this.origin.baseUrl(request), path);
        request.device = { tenantId: sighting.tenantId, deviceId: device.id, name, url };
        return true;
      }
    }
  }
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

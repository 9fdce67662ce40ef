import { Controller, ForbiddenException, Post, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { DeviceTokensService } from '../../modules/updates/sightings/device-tokens.service';
import { TokenRefusedError } from '../../modules/updates/updates.errors';
import { DdiErrorFilter } from './wire/ddi-error.filter';
import { CurrentDevice, RegisteringDeviceGuard, type CallingDevice } from './entrance/device.guard';

/**
 * A device's own token, asked for by the device: an extension of ours that hawkBit's DDI does not have. A fleet leaves the
 * factory with one gateway token or one certificate authority, and each device gets its own at first contact.
 */
@Controller(':tenant/controller/v1/:controllerId/token')
@UseFilters(DdiErrorFilter)
export class OwnTokenController {
  constructor(private readonly tokens: DeviceTokensService) {}

  /** The body of the request does not matter. The answer is the one place where the token stands in clear. */
  @Post()
  @UseGuards(RegisteringDeviceGuard)
  async issue(@CurrentDevice() device: CallingDevice, @Res() response: Response): Promise<void> {
    const { token } = await this.tokens.issueTo(device, device.credential).catch(forbidden);
    const json = JSON.stringify({ token });
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(json),
      'Cache-Control': 'no-store',
    });
    response.end(json);
  }
}

function forbidden(error: unknown): never {
  throw error instanceof TokenRefusedError ? new ForbiddenException() : error;
}

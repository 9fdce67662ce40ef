import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { clientOfHeaders } from '../../modules/devices/client';
import { faultOfControllerId } from '../../modules/devices/device';
import { DevicesService } from '../../modules/devices/devices.service';
import { PresenceService } from '../../modules/devices/presence.service';
import type { Plan } from '../../modules/rollouts/plan';
import { PlansService } from '../../modules/rollouts/plans.service';
import { tenantKeyOf } from '../../modules/tenants/tenant';
import type { DeviceCredential, DeviceName, SightedDevice, Sighting } from '../../modules/updates/sighting';
import { SightingsService } from '../../modules/updates/sightings.service';
import { Clock } from '../../platform/clock/clock';
import { Settings } from '../../platform/config/settings';
import { presentedBy } from '../../platform/x509/peer';
import { RequestOrigin } from '../shared/request-origin';
import { certificateCredential, parseCredential } from './credential';
import type { DdiPath } from './ddi-path';

/** A device that came in, as read for this request. */
export interface Entry {
  readonly name: DeviceName;
  readonly sighting: Sighting;
  readonly device: SightedDevice;
  /** The tenant's plan as the request found it. */
  readonly plan: Plan;
}

export type Admittance =
  | { readonly kind: 'in'; readonly entry: Entry }
  | { readonly kind: 'bad-id'; readonly why: string }
  /** No or wrong credentials, or no such tenant: the three are not told apart. */
  | { readonly kind: 'stranger' }
  /** Authentic, but there is no such device (a gateway asking for one that never polled). */
  | { readonly kind: 'unknown' };

/** The one door for devices: fast lane and controllers alike come in here. */
@Injectable()
export class DeviceEntrance {
  constructor(
    private readonly sightings: SightingsService,
    private readonly plans: PlansService,
    private readonly devices: DevicesService,
    private readonly presence: PresenceService,
    private readonly origin: RequestOrigin,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /** With `registers`, an unknown device that comes through a gateway is made (plug and play: E1 only). */
  async admit(request: IncomingMessage, path: DdiPath, registers: boolean): Promise<Admittance> {
    const why = faultOfControllerId(path.controllerId);
    if (why !== undefined) return { kind: 'bad-id', why };
    const credential = this.credentialOf(request);
    const tenantKey = tenantKeyOf(path.tenant);
    if (credential === undefined || tenantKey === undefined) return { kind: 'stranger' };
    const name = { tenantKey, controllerId: path.controllerId };
    let sighting = await this.sightings.find(name);
    if (sighting === undefined) return { kind: 'stranger' };
    const plan = await this.planOf(sighting);
    if (!(await this.sightings.isAuthentic(sighting, name, credential, plan.settings)))
      return { kind: 'stranger' };
    if (registers && (await this.makeKnown(request, path, sighting)))
      sighting = (await this.sightings.find(name)) ?? sighting;
    if (sighting.device === undefined) return { kind: 'unknown' };
    this.note(request, sighting.tenantId, sighting.device);
    return { kind: 'in', entry: { name, sighting, device: sighting.device, plan } };
  }

  /**
   * Plug and play, and what client the device runs, before anything is decided about it. True when that changed the device:
   * once in its life, so it costs the others no more than a comparison.
   */
  private async makeKnown(
    request: IncomingMessage,
    { controllerId }: DdiPath,
    { tenantId, device }: Sighting,
  ): Promise<boolean> {
    const client = clientOfHeaders(request.headers);
    if (device === undefined) await this.devices.register(tenantId, controllerId, client);
    else if (client === undefined || client === device.reportedClient) return false;
    else await this.devices.recognise(tenantId, device.id, client);
    return true;
  }

  /**
   * A token, or else a certificate. Behind a proxy of ours that is the one the proxy saw, never the proxy's own, even if it
   * saw none; otherwise the one that the device has shown us. What strangers write into the proxy's headers is nothing.
   */
  private credentialOf(request: IncomingMessage): DeviceCredential | undefined {
    const { authorization } = request.headers;
    if (authorization !== undefined) return parseCredential(authorization);
    if (this.origin.isFromProxy(request))
      return certificateCredential(request.headers, this.settings.certificateHeaders);
    const certificate = presentedBy(request.socket);
    return certificate && { kind: 'presented', certificate, atMs: this.clock.epochMs() };
  }

  /** Without another promise when it is in memory, as it nearly always is. */
  private planOf({ tenantId, planRevision }: Sighting): Plan | Promise<Plan> {
    return this.plans.known(tenantId, planRevision) ?? this.plans.at(tenantId, planRevision);
  }

  private note(request: IncomingMessage, tenantId: string, device: SightedDevice): void {
    this.presence.note(device.id, {
      tenantId,
      at: this.clock.now(),
      address: this.origin.clientAddress(request),
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 256),
    });
  }
}

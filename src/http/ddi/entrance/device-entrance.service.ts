import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { clientOfHeaders, type RecognisedClient } from '../../../modules/devices/device/client';
import { faultOfControllerId } from '../../../modules/devices/device/device';
import { NewcomersService } from '../../../modules/devices/newcomers.service';
import { PresenceService } from '../../../modules/devices/presence.service';
import type { Plan } from '../../../modules/rollouts/plan/plan';
import { PlansService } from '../../../modules/rollouts/plan/plans.service';
import { tenantKeyOf } from '../../../modules/tenants/tenant';
import type { UnknownDevices } from '../../../modules/tenants/tenant-settings';
import type {
  DeviceCredential,
  DeviceName,
  SightedDevice,
  Sighting,
} from '../../../modules/updates/sightings/sighting';
import { SightingsService } from '../../../modules/updates/sightings/sightings.service';
import { Settings } from '../../../platform/config/settings';
import { presentedBy } from '../../../platform/x509/peer';
import { RequestOrigin } from '../../shared/request-origin';
import type { Admittance } from '../wire/admittance';
import { certificateCredential, isOpenBench, parseCredential } from './credential';
import type { DdiPath } from '../wire/ddi-path';
import { DeviceAttempts } from './device-attempts.service';

/** Called so by nobody; it stands for a device whose id cannot be one. */
const NOBODY = '';

/** Somebody who showed a credential that is being looked at. */
interface Caller {
  readonly name: DeviceName;
  readonly credential: DeviceCredential;
  readonly sighting: Sighting;
  readonly plan: Plan;
}

/** The one door for devices: fast lane and controllers alike come in here. */
@Injectable()
export class DeviceEntrance {
  constructor(
    private readonly sightings: SightingsService,
    private readonly plans: PlansService,
    private readonly newcomers: NewcomersService,
    private readonly presence: PresenceService,
    private readonly attempts: DeviceAttempts,
    private readonly origin: RequestOrigin,
    private readonly settings: Settings,
  ) {}

  /** With `registers`, an unknown device that comes through a gateway is made (plug and play: E1 and E12 only). */
  async admit(request: IncomingMessage, path: DdiPath, registers: boolean): Promise<Admittance> {
    const credential = this.credentialOf(request);
    if (credential === undefined) return { kind: 'stranger' };
    const seconds = this.attempts.waitSeconds(request, path, credential);
    if (seconds > 0) return { kind: 'throttled', seconds };
    const why = faultOfControllerId(path.controllerId);
    const tenantKey = tenantKeyOf(path.tenant);
    if (tenantKey !== undefined) {
      const name = { tenantKey, controllerId: why === undefined ? path.controllerId : NOBODY };
      const sighting = await this.sightings.find(name);
      if (sighting !== undefined) {
        const plan = await this.planOf(sighting);
        if (await this.sightings.isAuthentic(sighting, name, credential, plan.settings)) {
          this.attempts.succeeded(path, credential);
          if (why !== undefined) return { kind: 'bad-id', why };
          return this.receive(request, { name, credential, sighting, plan }, registers);
        }
      }
    }
    this.attempts.failed(request, path, credential);
    return { kind: 'stranger' };
  }

  /** Whoever gets here proved who it is. */
  private receive(
    request: IncomingMessage,
    caller: Caller,
    registers: boolean,
  ): Admittance | Promise<Admittance> {
    const { name, credential, sighting, plan } = caller;
    const { device } = sighting;
    if (device === undefined) return this.meet(request, caller, registers);
    if (!this.sightings.isHeard(device, credential, plan.settings)) return { kind: 'stranger' };
    if (device.approval === 'refused') return { kind: 'refused' };
    const client = registers ? clientOfHeaders(request.headers) : undefined;
    if (client !== undefined && client !== device.reportedClient)
      return this.recognise(request, { ...caller, client }, device);
    this.note(request, sighting.tenantId, device);
    return { kind: 'in', entry: { name, sighting, device, plan, credential } };
  }

  /** A tenant that makes no acquaintances knows nobody by this name. */
  private async meet(request: IncomingMessage, caller: Caller, registers: boolean): Promise<Admittance> {
    const { name, sighting, plan } = caller;
    const approval = APPROVAL_OF[plan.settings.unknownDevices];
    if (approval === undefined) return { kind: 'stranger' };
    if (!registers) return { kind: 'unknown' };
    await this.newcomers.register({
      tenantId: sighting.tenantId,
      controllerId: name.controllerId,
      approval,
      client: clientOfHeaders(request.headers),
    });
    const made = await this.sightings.find(name);
    // Too many wait already.
    if (made?.device === undefined) return { kind: 'stranger' };
    return this.receive(request, { ...caller, sighting: made }, false);
  }

  /** What client the device runs is known before anything is decided about it. Once in its life, so the others pay a comparison. */
  private async recognise(
    request: IncomingMessage,
    { client, ...caller }: Caller & { client: RecognisedClient },
    { id }: SightedDevice,
  ): Promise<Admittance> {
    await this.newcomers.recognise(caller.sighting.tenantId, id, client);
    const sighting = (await this.sightings.find(caller.name)) ?? caller.sighting;
    return this.receive(request, { ...caller, sighting }, false);
  }

  /**
   * A token, or else a certificate. Behind a proxy of ours that is the one the proxy saw, never the proxy's own, even if it
   * saw none; otherwise the one that the device has shown us, or nothing on an open bench. What strangers write into the
   * proxy's headers is nothing.
   */
  private credentialOf(request: IncomingMessage): DeviceCredential | undefined {
    const { authorization } = request.headers;
    if (authorization !== undefined) return parseCredential(authorization);
    if (this.origin.isFromProxy(request))
      return certificateCredential(request.headers, this.settings.certificateHeaders);
    const certificate = presentedBy(request.socket);
    if (certificate !== undefined) return { kind: 'presented', certificate };
    return this.settings.ddiOpen === 'on' && isOpenBench(request) ? { kind: 'open' } : undefined;
  }

  /** Without another promise when it is in memory, as it nearly always is. */
  private planOf({ tenantId, planRevision }: Sighting): Plan | Promise<Plan> {
    return this.plans.known(tenantId, planRevision) ?? this.plans.at(tenantId, planRevision);
  }

  private note(request: IncomingMessage, tenantId: string, device: SightedDevice): void {
    this.presence.note(device.id, {
      tenantId,
      address: this.origin.clientAddress(request),
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 256),
    });
  }
}

/** How a device is made that was never seen; not at all where the tenant refuses them. */
const APPROVAL_OF: Readonly<Record<UnknownDevices, 'approved' | 'waiting' | undefined>> = {
  admit: 'approved',
  ask: 'waiting',
  refuse: undefined,
};

import { ClientAuthoritiesService } from '../../../src/modules/tenants/client-authorities.service';
import { systemActor, type Actor } from '../../../src/platform/actor/actor';
import { FeedsService } from '../../../src/modules/devices/feeds/feeds.service';
import { DevicesService } from '../../../src/modules/devices/devices.service';
import { GatewayTokensService } from '../../../src/modules/identity/gateway-tokens.service';
import { newToken, tokenHash } from '../../../src/modules/identity/token';
import { TenantsService } from '../../../src/modules/tenants/tenants.service';
import { DeviceTokensService } from '../../../src/modules/updates/sightings/device-tokens.service';
import {
  SettingsChangeService,
  type SettingsWish,
} from '../../../src/modules/updates/orders/settings-change.service';
import { pki, pkiPath } from '../pki';
import { startRookery, type TestRookery } from '../rookery-app';

/** The tests would be the flood that the limits are against. */
const UNLIMITED = { ROOKERY_DDI_FAILURES_PER_DEVICE: '0', ROOKERY_DDI_FAILURES_PER_NETWORK: '0' };
const TLS = { ROOKERY_TLS_CERT: pkiPath('server.cert'), ROOKERY_TLS_KEY: pkiPath('server.key') };
const PROXIED = { ...UNLIMITED, ROOKERY_TRUSTED_PROXIES: '127.0.0.1' };

/** One database behind servers that believe different things of the requests that reach them. */
export interface Servers {
  /** The tests are its trusted proxy. Speaks TLS as well. */
  readonly current: TestRookery;
  /** The same, in the words of older proxies. */
  readonly legacy: TestRookery;
  /** Trusts nobody. Speaks TLS as well. */
  readonly direct: TestRookery;
}

export async function startServers(): Promise<Servers> {
  const current = await startRookery({ settings: { ...PROXIED, ...TLS } });
  const settings = { ...PROXIED, ROOKERY_CERTIFICATE_HEADERS: 'legacy' };
  const legacy = await startRookery({ replicaOf: current, settings });
  const direct = await startRookery({ replicaOf: current, settings: { ...UNLIMITED, ...TLS } });
  return { current, legacy, direct };
}

export async function closeServers({ current, legacy, direct }: Servers): Promise<void> {
  await direct.close();
  await legacy.close();
  await current.close();
}

/** A tenant with a gateway token of its own, and what its operators do. */
export class World {
  private constructor(
    readonly rookery: TestRookery,
    readonly tenant: string,
    readonly actor: Actor,
    readonly gatewayToken: string,
  ) {}

  static async make(rookery: TestRookery, tenant: string, wish: SettingsWish = {}): Promise<World> {
    const { id } = await rookery.app.get(TenantsService).ensure(tenant);
    await rookery.app.get(FeedsService).ensureDefault(id);
    const actor = systemActor(id);
    const { token } = await rookery.app.get(GatewayTokensService).create(actor, { name: 'fleet' });
    await rookery.app.get(SettingsChangeService).change(actor, wish);
    return new World(rookery, tenant, actor, token);
  }

  /** A device with a token of its own. */
  async holder(controllerId: string): Promise<string> {
    const token = newToken('rkt');
    const devices = this.rookery.app.get(DevicesService);
    await devices.create(this.actor, { controllerId, tokenHash: tokenHash(token) });
    return token;
  }

  /** A device that has none. */
  async bare(controllerId: string): Promise<void> {
    await this.holder(controllerId);
    await this.tokens.remove(this.actor, controllerId);
  }

  get tokens(): DeviceTokensService {
    return this.rookery.app.get(DeviceTokensService);
  }

  get gatewayTokens(): GatewayTokensService {
    return this.rookery.app.get(GatewayTokensService);
  }

  /** Lets devices in by certificates of this authority of the fixtures. */
  async trust(authority: string): Promise<string> {
    const { id } = await this.authorities.add(this.actor, authority, pki(`${authority}.cert`));
    return id;
  }

  get authorities(): ClientAuthoritiesService {
    return this.rookery.app.get(ClientAuthoritiesService);
  }

  /** Sets columns of a device as nobody can from outside: to what has passed. */
  async age(controllerId: string, set: string): Promise<void> {
    await this.rookery.database.execute(
      `UPDATE device SET ${set} WHERE tenant_id = $1 AND controller_id = $2`,
      [this.actor.tenantId, controllerId],
    );
  }
}

/** The tenants of the matrix: one where all is usual, and those where something is not. */
export interface Tenants {
  readonly home: World;
  readonly other: World;
  readonly off: World;
  readonly strict: World;
  readonly closed: World;
}

export async function makeTenants({ current }: Servers): Promise<Tenants> {
  return {
    home: await World.make(current, 'DEFAULT', { certificateAuthorities: ['factory'] }),
    other: await World.make(current, 'OTHER', { certificateAuthorities: ['elsewhere'] }),
    off: await World.make(current, 'OFF', { takesGatewayTokens: false, takesTargetTokens: false }),
    strict: await World.make(current, 'STRICT', { gatewaySpeaksForTokenHolders: false }),
    closed: await World.make(current, 'CLOSED', { unknownDevices: 'refuse' }),
  };
}

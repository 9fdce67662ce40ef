import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { Database } from '../../../platform/database/database';
import { MicroBatch } from '../../../platform/database/micro-batch';
import { GatewayTokensService } from '../../identity/gateway-tokens.service';
import { tokenHash } from '../../identity/token';
import type { TenantSettings } from '../../tenants/tenant-settings';
import { ownTokenOf } from './own-token';
import {
  sightingOf,
  type DeviceCredential,
  type DeviceName,
  type SightedDevice,
  type Sighting,
  type SightingRow,
} from './sighting';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

/**
 * One statement for all devices that are asking now. Tenants that are not there give no row. The limit of 1 makes Postgres
 * look for each device by tenant and name: as a plain join it may walk through all devices of the tenant for each, as long
 * as its statistics are from when there were few of them.
 */
const READ = `
  SELECT k.position, t.id AS tenant_id, p.revision AS plan_revision, d.controller_id, d.id, d.feed_id, d.mode, d.is_pinned,
         d.takes_prereleases, coalesce(d.set_model, d.reported_model) AS model,
         coalesce(d.set_revision, d.reported_revision) AS revision, d.installed_version, d.is_version_reported,
         d.assigned_release_id, d.assignment_number, d.forced_release_id, d.force_number, d.wants_attributes,
         d.target_token_hash, d.decision_rev, d.installed_action_id, d.set_client, d.reported_client,
         (SELECT jsonb_object_agg(x.origin, jsonb_build_array(x.attempts,
                   round(extract(epoch FROM coalesce(x.last_ended_at, d.created_at)) * 1000)::bigint)) FROM device_attempt x
           WHERE x.device_id = d.id AND x.tenant_id = d.tenant_id) AS attempts,
         a.id AS action_id, a.state AS action_state, a.release_id AS action_release_id, a.origin AS action_origin,
         a.is_forced AS action_is_forced, a.cancel_from AS action_cancel_from, a.type AS action_type,
         a.force_at AS action_force_at, a.assignment_id IS NOT NULL AS action_is_assignment,
         a.id IS NOT NULL AND EXISTS (
           SELECT 1 FROM action w WHERE w.device_id = d.id AND w.tenant_id = d.tenant_id AND w.ended_at IS NULL
              AND NOT w.is_exposed AND w.id > a.id) AS action_is_superseded,
         CASE WHEN a.window_schedule IS NOT NULL
              THEN json_build_array(a.window_schedule, a.window_duration_ms, a.window_timezone) END AS action_window,
         d.approval, d.target_token_expires_at, d.previous_token_hash, d.previous_token_expires_at, d.time_zone,
         d.quiet_until, d.ask_at, d.asks, d.installed_release_id, d.changed_by_rollout_id, d.changed_from_release_id, a.rollout_id AS action_rollout_id
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (tenant_key, controller_id, position)
    JOIN tenant t ON t.key = k.tenant_key
    JOIN tenant_plan p ON p.tenant_id = t.id
    LEFT JOIN LATERAL (SELECT * FROM device
                        WHERE tenant_id = t.id AND controller_id = k.controller_id LIMIT 1) d ON true
    LEFT JOIN action a ON a.device_id = d.id AND a.tenant_id = d.tenant_id AND a.is_exposed`;

/** The first step of every request of a device: who is it, may it speak, what is the state of things. */
@Injectable()
export class SightingsService {
  private readonly batch = new MicroBatch<DeviceName, Sighting | undefined>(
    (names) => this.readAll(names),
    MAX_BATCH,
  );

  constructor(
    private readonly database: Database,
    private readonly gatewayTokens: GatewayTokensService,
    private readonly clock: Clock,
  ) {}

  /** Undefined when there is no such tenant. Shares one statement with the requests that arrive meanwhile. */
  find(name: DeviceName): Promise<Sighting | undefined> {
    return this.batch.load(name);
  }

  /**
   * Whether the credential lets its bearer speak for this device: one of a kind that the tenant takes, and the right one. A
   * gateway may speak for unknown devices too, and a certificate for the device that it names. Whoever is on the bench while
   * it is open is believed.
   */
  isAuthentic(
    sighting: Sighting,
    { controllerId }: DeviceName,
    credential: DeviceCredential,
    settings: TenantSettings,
  ): boolean | Promise<boolean> {
    switch (credential.kind) {
      case 'open':
        return true;
      case 'presented': {
        const { certificate } = credential;
        const isIts = certificate.names.includes(controllerId);
        return isIts && certificate.isIssuedUnder(settings.clientAuthorities, this.clock.epochMs());
      }
      case 'certificate':
        return (
          credential.commonName === controllerId &&
          credential.authorities.some((one) => settings.certificateAuthorities.includes(one))
        );
      case 'gateway':
        return settings.takesGatewayTokens && this.gatewayTokens.isValid(sighting.tenantId, credential.token);
      case 'target':
        return settings.takesTargetTokens && this.isOwnToken(sighting, credential.token);
    }
  }

  /**
   * Whether the word of an authentic credential counts for this device: a tenant may want holders of a token of their own to
   * come with that alone. One that has ended counts too: it is for an operator to open the weaker door again.
   */
  isHeard(
    device: SightedDevice,
    { kind }: DeviceCredential,
    { gatewaySpeaksForTokenHolders }: TenantSettings,
  ): boolean {
    return kind !== 'gateway' || gatewaySpeaksForTokenHolders || device.targetTokenHash === undefined;
  }

  private isOwnToken({ device }: Sighting, token: string): boolean {
    return device !== undefined && ownTokenOf(device, tokenHash(token), this.clock.epochMs()) !== undefined;
  }

  private async readAll(names: DeviceName[]): Promise<(Sighting | undefined)[]> {
    const rows = await this.database.prepared<SightingRow>('sightings', READ, [
      names.map((name) => name.tenantKey),
      names.map((name) => name.controllerId),
    ]);
    const sightings = new Array<Sighting | undefined>(names.length).fill(undefined);
    for (const row of rows) sightings[Number(row.position) - 1] = sightingOf(row);
    return sightings;
  }
}

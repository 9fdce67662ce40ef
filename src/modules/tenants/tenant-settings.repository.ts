import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database';
import { readCertificate, type Certificate } from '../../platform/x509/certificate';
import { DEFAULT_DEADLINES, type Deadlines } from './deadlines';
import {
  DEFAULT_TENANT_SETTINGS,
  type Delivery,
  type RevisedSettings,
  type SignaturePolicy,
  type TenantSettings,
  type UnknownDevices,
} from './tenant-settings';

interface SettingsRow {
  polling: string | null;
  window_poll_count: number;
  needs_confirmation: boolean;
  closes_superseded: boolean;
  takes_gateway_tokens: boolean;
  takes_target_tokens: boolean;
  certificate_authorities: string[];
  keeps_addresses: boolean;
  guards_artifacts: boolean;
  max_log_entries: number;
  max_messages: number;
  max_attributes: number;
  max_open_actions: number;
  max_stored_bytes: string;
  delivery: Delivery;
  signature_demand: SignaturePolicy['demand'];
  signature_expiry: SignaturePolicy['expiry'];
  opaque_files: SignaturePolicy['opaque'];
  compatible_pattern: string | null;
  requires_approval: boolean;
  demands_preview: boolean;
  freezes: { from: string; to: string; reason: string }[];
  deadlines: Partial<Deadlines>;
  breaker_share: number;
  breaker_sample: number;
  revision: number;
  unknown_devices: UnknownDevices;
  gateway_speaks_for_token_holders: boolean;
}

@Injectable()
export class TenantSettingsRepository {
  /** As the caller's transaction or snapshot sees them. A tenant that an older replica made has none: hawkBit's hold. */
  async read(sql: Sql, tenantId: string): Promise<RevisedSettings> {
    const [row] = await sql.query<SettingsRow>('SELECT * FROM tenant_settings WHERE tenant_id = $1', [
      tenantId,
    ]);
    const authorities = await sql.query<{ pem: string }>(
      'SELECT pem FROM client_authority WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
    const settings = row === undefined ? { ...DEFAULT_TENANT_SETTINGS, revision: 0 } : settingsOf(row);
    return { ...settings, clientAuthorities: authorities.flatMap(readable) };
  }

  async write(tx: Sql, tenantId: string, settings: TenantSettings): Promise<void> {
    const { quotas, signatures, rollouts, deadlines, breaker } = settings;
    await tx.query('INSERT INTO tenant_settings (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING', [tenantId]);
    await tx.query(
      `UPDATE tenant_settings SET polling = $2, window_poll_count = $3, needs_confirmation = $4, closes_superseded = $5,
              takes_gateway_tokens = $6, takes_target_tokens = $7, keeps_addresses = $8, guards_artifacts = $9,
              max_log_entries = $10, max_messages = $11, max_attributes = $12, max_open_actions = $13,
              certificate_authorities = $14, unknown_devices = $17, gateway_speaks_for_token_holders = $18,
              delivery = $15, max_stored_bytes = $16,
              signature_demand = $19, signature_expiry = $20, opaque_files = $21, compatible_pattern = $22,
              requires_approval = $23, demands_preview = $24, freezes = $25, deadlines = $26, breaker_share = $27,
              breaker_sample = $28,
              revision = revision + 1
        WHERE tenant_id = $1`,
      [
        tenantId,
        settings.polling ?? null,
        settings.windowPollCount,
        settings.needsConfirmation,
        settings.closesSuperseded,
        settings.takesGatewayTokens,
        settings.takesTargetTokens,
        settings.keepsAddresses,
        settings.guardsArtifacts,
        quotas.logEntries,
        quotas.messages,
        quotas.attributes,
        quotas.openActions,
        settings.certificateAuthorities,
        settings.delivery,
        quotas.storedBytes,
        settings.unknownDevices,
        settings.gatewaySpeaksForTokenHolders,
        signatures.demand,
        signatures.expiry,
        signatures.opaque,
        settings.compatiblePattern ?? null,
        ...[rollouts.requiresApproval, rollouts.demandsPreview, JSON.stringify(rollouts.freezes)],
        ...[JSON.stringify(deadlines), breaker.share, breaker.sample],
      ],
    );
  }
}

/** One that a newer OpenSSL no longer reads lets nobody in; the tenant's other devices go on. */
function readable({ pem }: { pem: string }): Certificate[] {
  try {
    return [readCertificate(pem)];
  } catch {
    return [];
  }
}

function settingsOf(row: SettingsRow): Omit<RevisedSettings, 'clientAuthorities'> {
  return {
    polling: row.polling ?? undefined,
    windowPollCount: row.window_poll_count,
    needsConfirmation: row.needs_confirmation,
    closesSuperseded: row.closes_superseded,
    takesGatewayTokens: row.takes_gateway_tokens,
    takesTargetTokens: row.takes_target_tokens,
    certificateAuthorities: row.certificate_authorities,
    keepsAddresses: row.keeps_addresses,
    guardsArtifacts: row.guards_artifacts,
    delivery: row.delivery,
    quotas: {
      logEntries: row.max_log_entries,
      messages: row.max_messages,
      attributes: row.max_attributes,
      openActions: row.max_open_actions,
      storedBytes: Number(row.max_stored_bytes),
    },
    signatures: { demand: row.signature_demand, expiry: row.signature_expiry, opaque: row.opaque_files },
    compatiblePattern: row.compatible_pattern ?? undefined,
    rollouts: {
      requiresApproval: row.requires_approval,
      demandsPreview: row.demands_preview,
      freezes: row.freezes.map(({ from, to, reason }) => ({
        from: new Date(from),
        to: new Date(to),
        reason,
      })),
    },
    deadlines: { ...DEFAULT_DEADLINES, ...row.deadlines },
    breaker: { share: row.breaker_share, sample: row.breaker_sample },
    revision: row.revision,
    unknownDevices: row.unknown_devices,
    gatewaySpeaksForTokenHolders: row.gateway_speaks_for_token_holders,
  };
}

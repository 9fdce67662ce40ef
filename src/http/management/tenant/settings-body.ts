import { ApiSchema } from '@nestjs/swagger';
import {
  DELIVERIES,
  OPAQUE_FILES,
  QUOTA_BOUNDS,
  SIGNATURE_DEMANDS,
  SIGNATURE_EXPIRIES,
  UNKNOWN_DEVICES,
  WINDOW_POLL_COUNT_BOUNDS,
  type Delivery,
  type SignaturePolicy,
  type UnknownDevices,
} from '../../../modules/tenants/tenant-settings';
import type { SettingsWish } from '../../../modules/updates/orders/settings-change.service';
import { ChoiceField } from '../../shared/validators/choice-field';
import { CountField } from '../../shared/validators/count-field';
import { FlagField } from '../../shared/validators/flag-field';
import { PartField } from '../../shared/validators/part-field';
import { TextField, TextsField } from '../../shared/validators/text-field';
import {
  BreakerBody,
  breakerChange,
  DeadlinesBody,
  deadlinesChange,
  RolloutPolicyBody,
  policyChange,
} from './rollout-settings';
import { MEANING } from './settings-view';

/** New quotas; what is left out stays. */
@ApiSchema({ name: 'QuotasChange' })
export class QuotasBody {
  @CountField({ optional: true, ...QUOTA_BOUNDS.logEntries, description: MEANING.logEntries })
  logEntries?: number;

  @CountField({ optional: true, ...QUOTA_BOUNDS.messages, description: MEANING.messages })
  messages?: number;

  @CountField({ optional: true, ...QUOTA_BOUNDS.attributes, description: MEANING.attributes })
  attributes?: number;

  @CountField({ optional: true, ...QUOTA_BOUNDS.openActions, description: MEANING.openActions })
  openActions?: number;

  @CountField({ optional: true, ...QUOTA_BOUNDS.storedBytes, description: MEANING.storedBytes })
  storedBytes?: number;
}

/** New demands on the files of releases; what is left out stays. */
@ApiSchema({ name: 'SignaturesChange' })
export class SignaturesBody {
  @ChoiceField(SIGNATURE_DEMANDS, {
    optional: true,
    schemaName: 'SignatureDemand',
    description: MEANING.demand,
  })
  demand?: SignaturePolicy['demand'];

  @ChoiceField(SIGNATURE_EXPIRIES, {
    optional: true,
    schemaName: 'SignatureExpiry',
    description: MEANING.expiry,
  })
  expiry?: SignaturePolicy['expiry'];

  @ChoiceField(OPAQUE_FILES, { optional: true, schemaName: 'OpaqueFiles', description: MEANING.opaque })
  opaque?: SignaturePolicy['opaque'];
}

/** A change of the tenant's settings; what is left out stays. */
@ApiSchema({ name: 'TenantSettingsChange' })
export class SettingsBody {
  @TextField({
    optional: true,
    nullable: true,
    most: 4000,
    description: `${MEANING.polling} null: as the server says.`,
    example: '00:05:00',
  })
  polling?: string | null;

  @CountField({ optional: true, ...WINDOW_POLL_COUNT_BOUNDS, description: MEANING.windowPollCount })
  windowPollCount?: number;

  @FlagField({ optional: true, description: MEANING.confirmation })
  confirmation?: boolean;

  @FlagField({ optional: true, description: MEANING.closesSuperseded })
  closesSuperseded?: boolean;

  @FlagField({ optional: true, description: MEANING.gatewayTokens })
  gatewayTokens?: boolean;

  @FlagField({ optional: true, description: MEANING.targetTokens })
  targetTokens?: boolean;

  @TextsField({ optional: true, mostItems: 50, most: 200, description: MEANING.certificateAuthorities })
  certificateAuthorities?: string[];

  @FlagField({ optional: true, description: MEANING.keepsAddresses })
  keepsAddresses?: boolean;

  @FlagField({ optional: true, description: MEANING.guardsArtifacts })
  guardsArtifacts?: boolean;

  @ChoiceField(DELIVERIES, { optional: true, schemaName: 'Delivery', description: MEANING.delivery })
  delivery?: Delivery;

  @PartField(QuotasBody, { optional: true })
  quotas?: QuotasBody;

  @PartField(SignaturesBody, { optional: true })
  signatures?: SignaturesBody;

  @TextField({
    ...{ optional: true, nullable: true, most: 256 },
    description: `${MEANING.compatiblePattern} null: all of it is the model.`,
    example: '(?P<model>.+)-(?P<revision>rev[0-9.]+)',
  })
  compatiblePattern?: string | null;

  @PartField(RolloutPolicyBody, { optional: true })
  rollouts?: RolloutPolicyBody;

  @PartField(DeadlinesBody, { optional: true })
  deadlines?: DeadlinesBody;

  @PartField(BreakerBody, { optional: true })
  breaker?: BreakerBody;

  @ChoiceField(UNKNOWN_DEVICES, {
    optional: true,
    schemaName: 'UnknownDevices',
    description: MEANING.unknownDevices,
  })
  unknownDevices?: UnknownDevices;

  @FlagField({ optional: true, description: MEANING.gatewaySpeaksForTokenHolders })
  gatewaySpeaksForTokenHolders?: boolean;
}

/** @throws FieldsError */
export function settingsWish(body: SettingsBody): SettingsWish {
  const {
    confirmation,
    gatewayTokens,
    targetTokens,
    certificateAuthorities,
    rollouts,
    deadlines,
    breaker,
    ...others
  } = body;
  const lower = certificateAuthorities?.map((one) => one.toLowerCase());
  return {
    ...others,
    certificateAuthorities: lower === undefined ? undefined : [...new Set(lower)],
    rollouts: policyChange(rollouts),
    deadlines: deadlinesChange(deadlines),
    breaker: breakerChange(breaker),
    needsConfirmation: confirmation,
    takesGatewayTokens: gatewayTokens,
    takesTargetTokens: targetTokens,
  };
}

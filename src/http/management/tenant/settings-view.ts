import { ApiSchema } from '@nestjs/swagger';
import {
  DELIVERIES,
  OPAQUE_FILES,
  SIGNATURE_DEMANDS,
  SIGNATURE_EXPIRIES,
  UNKNOWN_DEVICES,
  type Delivery,
  type RevisedSettings,
  type SignaturePolicy,
  type UnknownDevices,
} from '../../../modules/tenants/tenant-settings';
import {
  BreakerView,
  breakerView,
  DeadlinesView,
  deadlinesView,
  policyView,
  RolloutPolicyView,
} from './rollout-settings';
import { ShowsCount, ShowsFlag, ShowsPart, ShowsText, ShowsWord, type Shown } from '../../shared/shown-field';

/** What each setting is about, for those who read it and those who change it. */
export const MEANING = {
  polling:
    'How long devices sleep between polls: HH:MM:SS, with ~10% to spread them, and after commas `<filter> -> HH:MM:SS` for those that a filter finds; the first that does counts.',
  windowPollCount: 'How often a device is to poll while it waits for its maintenance window.',
  confirmation: "Whether updates wait for the consent of the device's user.",
  closesSuperseded:
    'Whether an older action that gives way to a newer assignment is ended at the next poll of its device, rather than the device asked to give it up.',
  gatewayTokens: 'Whether gateway tokens are accepted.',
  targetTokens: "Whether devices' own tokens are accepted.",
  certificateAuthorities:
    'Authorities whose certificates a trusted reverse proxy may vouch for, as it names them in X-Authority; none: certificates let nobody in.',
  keepsAddresses: 'Whether it is kept, and shown, from which address a device came last.',
  guardsArtifacts: 'Whether a device may fetch only what an action of its own gives it.',
  logEntries: 'Entries in the log of one action. Its end is written whatever stands there.',
  messages: 'Messages in one report of a device.',
  attributes: 'Attributes of one device.',
  openActions: 'Open actions of one device.',
  storedBytes:
    'Bytes of all files of the tenant, each content counted once; 0: as much as there is room for.',
  delivery:
    'How devices get files: `stream` through Rookery; `redirect` to the object store itself, where the client can follow; `accel` by the web server in front (X-Accel-Redirect). What cannot be done so is streamed.',
  demand:
    'What may be rolled out: `none` everything but broken signatures; `trusted` only what a trust anchor of the tenant vouches for.',
  expiry:
    'At which time certificates of signers must be valid: `now`; `signing-time`, as the signer says, else now; `ignore` at none.',
  opaque: 'Whether files are taken of which nothing can be read: `allow` with a warning, or `refuse`.',
  compatiblePattern:
    'What takes the `compatible` of RAUC bundles apart that are uploaded from now on: an expression of RE2 with the groups `model` and perhaps `revision`, which has to match all of it.',
  unknownDevices:
    'What happens to a device that was never seen and comes with a gateway token or a certificate: `admit` makes it, `ask` makes it and has it wait for an operator, `refuse` answers 401.',
  gatewaySpeaksForTokenHolders:
    'Whether a gateway token also opens for devices that have a token of their own.',
} as const;

/** How much one device may leave here; what is more is answered 429. */
@ApiSchema({ name: 'Quotas' })
export class QuotasView {
  @ShowsCount({ description: MEANING.logEntries })
  logEntries!: number;

  @ShowsCount({ description: MEANING.messages })
  messages!: number;

  @ShowsCount({ description: MEANING.attributes })
  attributes!: number;

  @ShowsCount({ description: MEANING.openActions })
  openActions!: number;

  @ShowsCount({ description: MEANING.storedBytes })
  storedBytes!: number;
}

/** What is demanded of the files of releases. */
@ApiSchema({ name: 'Signatures' })
export class SignaturesView {
  @ShowsWord(SIGNATURE_DEMANDS, { schemaName: 'SignatureDemand', description: MEANING.demand })
  demand!: SignaturePolicy['demand'];

  @ShowsWord(SIGNATURE_EXPIRIES, { schemaName: 'SignatureExpiry', description: MEANING.expiry })
  expiry!: SignaturePolicy['expiry'];

  @ShowsWord(OPAQUE_FILES, { schemaName: 'OpaqueFiles', description: MEANING.opaque })
  opaque!: SignaturePolicy['opaque'];
}

/** The tenant's settings. */
@ApiSchema({ name: 'TenantSettings' })
export class SettingsView {
  @ShowsText({
    optional: true,
    description: `${MEANING.polling} Absent: as the server says.`,
    example: '00:05:00',
  })
  polling?: string | undefined;

  @ShowsCount({ description: MEANING.windowPollCount })
  windowPollCount!: number;

  @ShowsFlag({ description: MEANING.confirmation })
  confirmation!: boolean;

  @ShowsFlag({ description: MEANING.closesSuperseded })
  closesSuperseded!: boolean;

  @ShowsFlag({ description: MEANING.gatewayTokens })
  gatewayTokens!: boolean;

  @ShowsFlag({ description: MEANING.targetTokens })
  targetTokens!: boolean;

  @ShowsText({ isList: true, description: MEANING.certificateAuthorities })
  certificateAuthorities!: readonly string[];

  @ShowsFlag({ description: MEANING.keepsAddresses })
  keepsAddresses!: boolean;

  @ShowsFlag({ description: MEANING.guardsArtifacts })
  guardsArtifacts!: boolean;

  @ShowsWord(DELIVERIES, { schemaName: 'Delivery', description: MEANING.delivery })
  delivery!: Delivery;

  @ShowsPart(QuotasView)
  quotas!: QuotasView;

  @ShowsPart(SignaturesView)
  signatures!: SignaturesView;

  @ShowsText({
    optional: true,
    description: `${MEANING.compatiblePattern} Absent: all of it is the model.`,
  })
  compatiblePattern?: string | undefined;

  @ShowsPart(RolloutPolicyView)
  rollouts!: RolloutPolicyView;

  @ShowsPart(DeadlinesView)
  deadlines!: DeadlinesView;

  @ShowsPart(BreakerView)
  breaker!: BreakerView;

  @ShowsWord(UNKNOWN_DEVICES, { schemaName: 'UnknownDevices', description: MEANING.unknownDevices })
  unknownDevices!: UnknownDevices;

  @ShowsFlag({ description: MEANING.gatewaySpeaksForTokenHolders })
  gatewaySpeaksForTokenHolders!: boolean;

  @ShowsCount({ description: 'What If-Match compares.' })
  revision!: number;
}

export function settingsView(settings: RevisedSettings): Shown<SettingsView> {
  const { polling, windowPollCount, closesSuperseded, keepsAddresses, guardsArtifacts, delivery } = settings;
  return {
    ...{ polling, windowPollCount, closesSuperseded, keepsAddresses, guardsArtifacts, delivery },
    confirmation: settings.needsConfirmation,
    gatewayTokens: settings.takesGatewayTokens,
    targetTokens: settings.takesTargetTokens,
    certificateAuthorities: settings.certificateAuthorities,
    quotas: settings.quotas,
    signatures: settings.signatures,
    compatiblePattern: settings.compatiblePattern,
    rollouts: policyView(settings.rollouts),
    deadlines: deadlinesView(settings.deadlines),
    breaker: breakerView(settings.breaker),
    unknownDevices: settings.unknownDevices,
    gatewaySpeaksForTokenHolders: settings.gatewaySpeaksForTokenHolders,
    revision: settings.revision,
  };
}

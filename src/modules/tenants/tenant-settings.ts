import type { Certificate } from '../../platform/x509/certificate';
import { DEFAULT_DEADLINES, type Deadlines } from './deadlines';
import type { Freeze } from './freeze';
import { formatPollInterval, type PollInterval } from './poll-interval';

/**
 * How devices get the bytes of artifacts: through us, by a redirect to the store itself, or by the web server in front of us,
 * which is told where the file lies (X-Accel-Redirect).
 */
export const DELIVERIES = ['stream', 'redirect', 'accel'] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** What of a signature is demanded before a release may be rolled out. A broken one is never offered, whatever is demanded. */
export const SIGNATURE_DEMANDS = ['none', 'trusted'] as const;
/** At which time certificates of signers must be valid: now, when they signed as they say themselves, or at none. */
export const SIGNATURE_EXPIRIES = ['now', 'signing-time', 'ignore'] as const;
/** Whether files are taken of which nothing can be read. */
export const OPAQUE_FILES = ['allow', 'refuse'] as const;

/** What a tenant demands of the files of its releases. */
export interface SignaturePolicy {
  readonly demand: (typeof SIGNATURE_DEMANDS)[number];
  readonly expiry: (typeof SIGNATURE_EXPIRIES)[number];
  readonly opaque: (typeof OPAQUE_FILES)[number];
}

/** What a tenant demands of those who start rollouts. */
export interface RolloutPolicy {
  /** Somebody else than who made it has to approve a rollout before it runs. */
  readonly requiresApproval: boolean;
  /** A start has to carry the hash of a preview that still holds. */
  readonly demandsPreview: boolean;
  /** When nothing is offered by rollouts, in the order of their beginnings. */
  readonly freezes: readonly Freeze[];
}

/** When a release that devices get without a rollout is withdrawn by itself: more failures than the share of what is finished. */
export interface Breaker {
  /** In hundredths of a percent. */
  readonly share: number;
  /** Counts as finished while less is. */
  readonly sample: number;
}

/** What happens to a device that proves who it is and was never seen: it is made, it waits for an operator, or it is no one. */
export const UNKNOWN_DEVICES = ['admit', 'ask', 'refuse'] as const;
export type UnknownDevices = (typeof UNKNOWN_DEVICES)[number];

/** What a tenant settles for itself; everything else of this kind is a setting of the server. */
export interface TenantSettings {
  /** How long devices sleep between polls, in hawkBit's words (see poll-interval); undefined: as the server says. */
  readonly polling: string | undefined;
  /** How often a device is to poll while it waits for its maintenance window. */
  readonly windowPollCount: number;
  /** Whether updates wait for the consent of the device's user. */
  readonly needsConfirmation: boolean;
  /** Whether an older action that gives way to a newer assignment is ended at the next poll of its device, rather than the device asked to give it up. */
  readonly closesSuperseded: boolean;
  readonly takesGatewayTokens: boolean;
  readonly takesTargetTokens: boolean;
  /**
   * Authorities whose certificates a trusted reverse proxy may vouch for, as it names them (mostly a hash of the issuer), in
   * lower case. None: certificates let nobody in.
   */
  readonly certificateAuthorities: readonly string[];
  /** Authorities whose certificates let devices in that speak TLS to Rookery itself. They have an API of their own. */
  readonly clientAuthorities: readonly Certificate[];
  /** Whether it is kept (and shown) from which address a device came last. */
  readonly keepsAddresses: boolean;
  /** Whether a device may fetch only what an action of its own gives it. */
  readonly guardsArtifacts: boolean;
  readonly delivery: Delivery;
  readonly quotas: Quotas;
  readonly signatures: SignaturePolicy;
  /** What takes the `compatible` of RAUC bundles apart into model and revision, an expression of RE2; undefined: all is the model. */
  readonly compatiblePattern: string | undefined;
  readonly rollouts: RolloutPolicy;
  readonly deadlines: Deadlines;
  readonly breaker: Breaker;
  readonly unknownDevices: UnknownDevices;
  /** False: a gateway token opens for no device that was given a token of its own. */
  readonly gatewaySpeaksForTokenHolders: boolean;
}

/** How much one device may leave with us, and how much the tenant may store. */
export interface Quotas {
  /** Entries in the log of one action; the end of an action is written whatever stands there. */
  readonly logEntries: number;
  /** Messages in one report. */
  readonly messages: number;
  readonly attributes: number;
  /** Open actions of one device. */
  readonly openActions: number;
  /** Bytes of all files of the tenant; 0: as much as there is room for. */
  readonly storedBytes: number;
}

/** The settings with the number that each change raises. */
export interface RevisedSettings extends TenantSettings {
  readonly revision: number;
}

/** What is to be different; what is left out stays. `polling: null`: as the server says. */
export interface SettingsChange {
  readonly polling?: PollInterval | null | undefined;
  readonly windowPollCount?: number | undefined;
  readonly needsConfirmation?: boolean | undefined;
  readonly closesSuperseded?: boolean | undefined;
  readonly takesGatewayTokens?: boolean | undefined;
  readonly takesTargetTokens?: boolean | undefined;
  readonly certificateAuthorities?: readonly string[] | undefined;
  readonly keepsAddresses?: boolean | undefined;
  readonly guardsArtifacts?: boolean | undefined;
  readonly delivery?: Delivery | undefined;
  readonly quotas?: { readonly [K in keyof Quotas]?: number | undefined } | undefined;
  readonly signatures?:
    { readonly [K in keyof SignaturePolicy]?: SignaturePolicy[K] | undefined } | undefined;
  readonly compatiblePattern?: string | null | undefined;
  readonly rollouts?: { readonly [K in keyof RolloutPolicy]?: RolloutPolicy[K] | undefined } | undefined;
  readonly deadlines?: { readonly [K in keyof Deadlines]?: number | undefined } | undefined;
  readonly breaker?: { readonly [K in keyof Breaker]?: number | undefined } | undefined;
  readonly unknownDevices?: UnknownDevices | undefined;
  readonly gatewaySpeaksForTokenHolders?: boolean | undefined;
}

/** hawkBit's defaults, and what a tenant starts with. The table has the same. */
export const DEFAULT_TENANT_SETTINGS: TenantSettings = {
  polling: undefined,
  windowPollCount: 3,
  needsConfirmation: false,
  closesSuperseded: false,
  takesGatewayTokens: true,
  takesTargetTokens: true,
  certificateAuthorities: [],
  clientAuthorities: [],
  keepsAddresses: true,
  guardsArtifacts: true,
  delivery: 'stream',
  quotas: { logEntries: 1000, messages: 50, attributes: 100, openActions: 100, storedBytes: 0 },
  signatures: { demand: 'none', expiry: 'now', opaque: 'allow' },
  compatiblePattern: undefined,
  rollouts: { requiresApproval: false, demandsPreview: false, freezes: [] },
  deadlines: DEFAULT_DEADLINES,
  breaker: { share: 2000, sample: 20 },
  unknownDevices: 'admit',
  gatewaySpeaksForTokenHolders: true,
};

/** More than this no tenant may allow its devices: a row, a log and an answer stay of a size that can be handled. */
export const QUOTA_BOUNDS: { readonly [K in keyof Quotas]: { readonly min: number; readonly max: number } } =
  {
    logEntries: { min: 10, max: 10_000 },
    messages: { min: 1, max: 200 },
    attributes: { min: 1, max: 1000 },
    openActions: { min: 1, max: 2000 },
    storedBytes: { min: 0, max: 2 ** 50 },
  };

export const WINDOW_POLL_COUNT_BOUNDS = { min: 1, max: 100 };

/** The settings after the change. */
export function changedSettings(before: TenantSettings, change: SettingsChange): TenantSettings {
  const { polling, compatiblePattern, quotas, signatures, rollouts, deadlines, breaker, ...others } = change;
  return {
    ...before,
    ...given(others),
    polling: polling === undefined ? before.polling : pollingText(polling),
    compatiblePattern:
      compatiblePattern === undefined ? before.compatiblePattern : (compatiblePattern ?? undefined),
    quotas: { ...before.quotas, ...given(quotas ?? {}) },
    signatures: { ...before.signatures, ...given(signatures ?? {}) },
    rollouts: { ...before.rollouts, ...given(rollouts ?? {}) },
    deadlines: { ...before.deadlines, ...given(deadlines ?? {}) },
    breaker: { ...before.breaker, ...given(breaker ?? {}) },
  };
}

function pollingText(polling: PollInterval | null): string | undefined {
  return polling === null ? undefined : formatPollInterval(polling);
}

/**
 * Field by field what `after` says otherwise than `before`, for the audit. Quotas are named as `quotas.messages`,
 * signatures likewise.
 */
export function differingFields(before: TenantSettings, after: TenantSettings): Record<string, unknown> {
  const below = (path: string, part: object): [string, unknown][] =>
    Object.entries(part).map(([name, value]): [string, unknown] => [`${path}.${name}`, value]);
  const flat = ({
    quotas,
    signatures,
    rollouts,
    deadlines,
    breaker,
    ...others
  }: TenantSettings): [string, unknown][] => [
    ...Object.entries(others),
    ...below('quotas', quotas),
    ...below('signatures', signatures),
    ...below('rollouts', rollouts),
    ...below('deadlines', deadlines),
    ...below('breaker', breaker),
  ];
  const old = new Map(flat(before));
  return Object.fromEntries(
    flat(after).flatMap(([name, value]) => (isSame(old.get(name), value) ? [] : [[name, value ?? null]])),
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));
}

/** Without the fields that were not given. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

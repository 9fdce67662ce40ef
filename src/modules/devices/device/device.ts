/** How a device chooses the release it wants (the table in docs/architecture.md). */
export const DEVICE_MODES = ['rollout', 'latest', 'assigned'] as const;
export type DeviceMode = (typeof DEVICE_MODES)[number];

/**
 * Whether a device belongs here. `waiting`: it proved who it is and waits for an operator to let it in; it is shown and asked,
 * and offered nothing. `refused`: an operator does not want it; it is answered 403.
 */
export const APPROVALS = ['approved', 'waiting', 'refused'] as const;
export type Approval = (typeof APPROVALS)[number];

/** What an operator may say of a device. */
export const VERDICTS = ['approved', 'refused'] as const satisfies readonly Approval[];
export type Verdict = (typeof VERDICTS)[number];

/** So many devices of a tenant may wait; those that come then are strangers until some were approved, refused or removed. */
export const MOST_WAITING = 10_000;

/** Everything a device said about itself, by its own names. */
export type Attributes = Readonly<Record<string, string>>;

/** What the device's attributes tell about hardware and version. */
export interface ReportedFacts {
  readonly model: string | undefined;
  readonly revision: string | undefined;
  readonly version: string | undefined;
}

/** Real clients name the same thing differently; matched without regard to case, the first that is there wins. */
const ALIASES: Readonly<Record<keyof ReportedFacts, readonly string[]>> = {
  version: ['sw_version', 'swversion', 'version', 'fw_version'],
  model: ['hw_boardname', 'board', 'hw_model', 'compatible'],
  revision: ['hw_revision', 'hwrevision'],
};

export function reportedFacts(attributes: Attributes): ReportedFacts {
  const byName = new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const pick = (noun: keyof ReportedFacts): string | undefined => {
    for (const alias of ALIASES[noun]) {
      const value = byName.get(alias)?.trim();
      if (value !== undefined && value !== '') return value;
    }
    return undefined;
  };
  return { model: pick('model'), revision: pick('revision'), version: pick('version') };
}

/** What a configData report does to the attributes that are there (contract 1.10). A null value deletes its key. */
export type AttributeMode = 'merge' | 'replace' | 'remove';

export function applyAttributes(
  before: Attributes,
  mode: AttributeMode,
  change: Readonly<Record<string, string | null>>,
): Attributes {
  const after = new Map(mode === 'replace' ? [] : Object.entries(before));
  for (const [name, value] of Object.entries(change)) {
    if (mode === 'remove' || value === null) after.delete(name);
    else after.set(name, value);
  }
  return Object.fromEntries(after);
}

/** A device whose user has consented to all updates, and who said so. */
export interface AutoConfirm {
  readonly initiator: string | undefined;
  readonly remark: string | undefined;
  readonly activatedBy: string;
  readonly activatedAt: Date;
}

/** hawkBit's length of a controllerId. */
export const MAX_CONTROLLER_ID = 256;

/** Why a device cannot be called so, as the end of a sentence that begins with "controllerId". */
export function faultOfControllerId(text: string): string | undefined {
  if (text.length === 0 || text.length > MAX_CONTROLLER_ID)
    return `must have 1 to ${MAX_CONTROLLER_ID} characters`;
  // eslint-disable-next-line no-control-regex -- exactly those are refused: NUL cannot be stored, the rest breaks logs
  if (/[\0-\x1f\x7f\p{Cs}]/u.test(text)) return 'must not hold control characters';
  return text === '.' || text === '..' ? 'must not be a dot or two, which URLs drop' : undefined;
}

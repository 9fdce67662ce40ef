import type { Dialect, Need, Settings } from '../runner/contract-case';

/**
 * How a runner brings a server into a state and reads its record: the only part of the contract tests that is written
 * for one server. All ids are texts as in DDI, all instants ISO 8601 in UTC, what is not there is null.
 */
export interface Adapter {
  readonly dialect: Dialect;
  /** As it stands in the paths of DDI. */
  readonly tenant: string;
  /** Called once, before anything else. */
  open(): Promise<void>;
  /** Called once, after everything else. */
  close(): Promise<void>;
  /** What lets any device in, also one that is not there yet. */
  deviceHeaders(): Readonly<Record<string, string>>;

  createDevice(controllerId: string): Promise<{ readonly token: string }>;
  device(controllerId: string): Promise<DeviceRecord>;
  requestAttributes(controllerId: string): Promise<void>;
  putIntoGroup(controllerId: string, group: string): Promise<void>;
  autoConfirm(
    controllerId: string,
    by: { readonly initiator?: string; readonly remark?: string },
  ): Promise<void>;

  createRelease(plan: ReleasePlan): Promise<CreatedRelease>;
  /** Answers with the ids of the actions, in the order of the devices. */
  assign(plan: AssignPlan): Promise<readonly string[]>;
  cancel(action: ActionName, isForced: boolean): Promise<void>;
  action(action: ActionName): Promise<ActionRecord>;
  actionsOf(controllerId: string): Promise<readonly ActionRecord[]>;
  /** Oldest first. */
  logOf(action: ActionName): Promise<readonly LogRecord[]>;

  change(settings: Settings): Promise<Undo>;
  /** Makes the server meet a need; undefined when its management cannot. */
  arrange(need: Need): Promise<Undo | undefined>;
}

/** Puts back what was changed. */
export type Undo = () => Promise<void>;

/** This server cannot be brought there, or not by its management API: the case says nothing about it. */
export class NotExpressibleError extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'NotExpressibleError';
  }
}

export interface ActionName {
  readonly id: string;
  readonly controllerId: string;
}

/** hawkBit writes addresses as URIs, and `http://***` where it keeps none. */
export function bareAddress(shown: string | undefined): string | null {
  const bare = shown?.replace(/^\w+:\/\//, '');
  return bare === undefined || bare === '***' ? null : bare;
}

export interface DeviceRecord {
  readonly updateStatus: 'unknown' | 'registered' | 'pending' | 'in-sync' | 'error';
  /** The release that it is on the way to, or that it reached last; null after a failure. */
  readonly assigned: string | null;
  readonly installed: string | null;
  readonly installedAt: string | null;
  readonly lastSeenAt: string | null;
  readonly address: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly wantsAttributes: boolean;
  readonly autoConfirm: { readonly initiator: string | null; readonly remark: string | null } | null;
  readonly createdBy: string;
  readonly createdAt: string;
  /** Changes whenever somebody changes the device, and not when it only asks. */
  readonly mark: string;
}

export interface ActionRecord {
  readonly id: string;
  readonly isActive: boolean;
  readonly state: 'waiting' | 'running' | 'cancelling' | 'cancelled' | 'finished' | 'failed';
}

/** An entry of an action's log in hawkBit's words, lower case. */
export interface LogRecord {
  readonly kind: string;
  readonly messages: readonly string[];
}

export interface ReleasePlan {
  readonly name: string;
  readonly version: string;
  readonly isRequiredStep: boolean;
  readonly modules: readonly ModulePlan[];
}

export interface ModulePlan {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly isEncrypted: boolean;
  readonly files: readonly { readonly name: string; readonly content: Buffer }[];
  readonly metadata: readonly { readonly key: string; readonly value: string; readonly visible: boolean }[];
}

export interface CreatedRelease {
  readonly id: string;
  /** In the order of the plan. */
  readonly modules: readonly {
    readonly id: string;
    /** When each file was made, in the order of the plan. */
    readonly filesCreatedAt: readonly string[];
  }[];
}

export interface AssignPlan {
  readonly releaseId: string;
  readonly controllerIds: readonly string[];
  readonly type: 'forced' | 'soft' | 'time-forced' | 'download-only';
  readonly forceAt?: string;
  readonly weight?: number;
  /** Quartz: seconds minutes hours day month weekday year. */
  readonly window?: { readonly schedule: string; readonly duration: string; readonly timezone: string };
  readonly confirmation?: boolean;
}

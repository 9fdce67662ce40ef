/** The sections of the contract, by their letters. */
export const SECTIONS = {
  R: 'root poll',
  D: 'deployment',
  A: 'artifacts',
  U: 'byte ranges and ETags',
  C: 'config data',
  X: 'cancel',
  I: 'installed',
  F: 'confirmation',
  Q: 'limits',
  S: 'security',
  B: 'beyond hawkBit\u2019s tests',
} as const;
export type Section = keyof typeof SECTIONS;

/** Whose answer is expected where a server departs from hawkBit on purpose. */
export type Dialect = 'hawkbit' | 'rookery';

/**
 * What a server must be like for a case, where hawkBit's tests start theirs so. An adapter that can arrange it for a while
 * does; otherwise the server has to have been started with it.
 */
export const NEEDS = [
  'test-quotas',
  'no-addresses',
  'open-artifacts',
  'request-limits',
  'public-name',
] as const;
export type Need = (typeof NEEDS)[number];

/** What a case says of a departure. */
export interface Departure {
  readonly hawkbit: string;
  readonly rookery: string;
  readonly why: string;
}

/** One assertion of the contract as data. `case.schema.yaml` describes the fields. */
export interface ContractCase {
  readonly id: string;
  readonly name: string;
  readonly says: string;
  readonly from: string;
  readonly departs?: Departure;
  /** What of hawkBit's assertion no request can show. */
  readonly leaves?: string;
  readonly needs?: readonly Need[];
  readonly devices?: readonly string[];
  readonly let?: Readonly<Record<string, LetValue>>;
  /** The whole case is replayed once with each of these sets of variables. */
  readonly each?: readonly Readonly<Record<string, unknown>>[];
  readonly setup?: readonly Step[];
  readonly steps: readonly Step[];
}

export type LetValue =
  | string
  | number
  | { readonly repeat: string; readonly times: number }
  | { readonly list: string; readonly times: number };

/** A request, a verb of management, a look at the server's own record, or a wait: by the first key that is there. */
export interface Step {
  readonly for?: Dialect;
  readonly get?: string;
  readonly head?: string;
  readonly post?: string;
  readonly put?: string;
  readonly delete?: string;
  readonly poll?: Links;
  readonly feedback?: string;
  readonly cancelFeedback?: string;
  readonly confirmation?: string;
  readonly says?: string;
  readonly details?: readonly string[] | string;
  readonly code?: number;
  /** Whose path it is; the device called `device` when left out. */
  readonly of?: string;
  readonly at?: 'server';
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly json?: unknown;
  readonly cbor?: unknown;
  readonly text?: string;
  readonly type?: string;
  readonly expect?: number | Expectation;
  readonly keep?: Readonly<Record<string, string>>;
  readonly repeat?: number;
  readonly until?: number;
  readonly notBefore?: number;
  readonly slices?: { readonly of: string; readonly count: number };

  readonly create?: string;
  readonly release?: ReleaseWish;
  readonly assign?: AssignWish;
  readonly cancel?: string;
  readonly force?: boolean;
  readonly settings?: Settings;
  readonly requestAttributes?: string;
  readonly autoConfirm?: string;
  readonly initiator?: string;
  readonly remark?: string;
  readonly group?: string;
  readonly is?: string;
  readonly check?: Check;
  readonly wait?: number;
}

/** Which links a poll shows: an action's id, true, or null for "not there". */
export type Links = Readonly<Partial<Record<LinkName, string | boolean | null>>>;
export const LINK_NAMES = [
  'deploymentBase',
  'confirmationBase',
  'cancelAction',
  'installedBase',
  'configData',
] as const;
export type LinkName = (typeof LINK_NAMES)[number];

/** What an answer has to be. Values may be matchers. */
export interface Expectation {
  readonly status: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** The whole body. */
  readonly body?: unknown;
  /** What the body holds at least. */
  readonly has?: unknown;
  readonly text?: string;
  readonly bytes?: readonly Piece[];
  readonly sha256?: string;
  readonly empty?: true;
  readonly links?: Links;
}

/** A piece of a binary body: text, or some bytes of a file (its end included). */
export type Piece =
  string | { readonly of: string; readonly from?: number | string; readonly to?: number | string };

export interface ReleaseWish {
  readonly as: string;
  readonly requiredStep?: boolean;
  /** The three modules of hawkBit's test sets when left out. */
  readonly modules?: readonly ModuleWish[];
}

export interface ModuleWish {
  readonly type: string;
  readonly files?: readonly FileWish[];
  readonly metadata?: readonly { readonly key: string; readonly value: string; readonly visible: boolean }[];
  readonly encrypted?: boolean;
}

export interface FileWish {
  readonly as: string;
  readonly name: string;
  readonly bytes: number;
}

export interface AssignWish {
  readonly release: string;
  readonly to?: string | readonly string[];
  readonly as?: string | readonly string[];
  readonly type?: 'forced' | 'soft' | 'time-forced' | 'download-only';
  /** When a time-forced action becomes forced, from now; negative: it has been so. */
  readonly forceInMs?: number;
  readonly weight?: number;
  readonly window?: { readonly startsInMinutes: number; readonly minutes: number };
  readonly confirmation?: boolean;
}

/** What the whole tenant has; the runner puts back what was. */
export interface Settings {
  readonly polling?: string;
  readonly windowPollCount?: number;
  readonly confirmation?: boolean;
  readonly closesSuperseded?: boolean;
  readonly gatewayTokens?: boolean;
  readonly targetTokens?: boolean;
  /** Certificate authorities whose devices a reverse proxy names in headers; null: such headers are ignored. */
  readonly certificateAuthorities?: string | null;
}

/** A look at the server's own record through its management API. */
export interface Check {
  readonly device?: string;
  readonly action?: string;
  readonly actionsOf?: string;
  readonly logOf?: string;
  readonly is?: unknown;
  readonly active?: number;
  readonly total?: number;
  readonly count?: number;
  readonly grownBy?: number;
  readonly newest?: string;
  readonly some?: readonly string[];
  readonly keep?: Readonly<Record<string, string>>;
  /** Some views lag behind the devices; then the look is repeated for so long. */
  readonly withinMs?: number;
}

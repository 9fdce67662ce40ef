import type { Aside } from './asides/aside';
import type { ConversationName } from './load/conversations';
import type { RawRequest } from './load/conversation';
import type { Fleet, Stage } from './stage';

/** One thing that is worth knowing the cost of. */
export interface Scenario {
  /** Of the command line and of the file in results/. */
  readonly name: string;
  /** One line above the table. */
  readonly title: string;
  /** What a cost is told of: "poll", "report", "update" … */
  readonly unit: string;
  readonly fleet: Fleet;
  /** How large the fleet is unless the command line says otherwise. */
  readonly devices: number;
  /** Keep-alive connections, if others than usual. */
  readonly connections?: number;
  /** What the load generator says to Rookery; one unit after the other. */
  readonly conversation: ConversationName;
  /**
   * What is said to Rookery before the first warm-up where a unit takes so long that the compiler would still be at work in
   * the last round. It changes nothing.
   */
  readonly rehearsal?: ConversationName;
  /** What a device can go through only once takes unused numbers: of the fleet, or of devices never seen before. */
  readonly takes?: 'fleet' | 'newcomers' | undefined;
  /** Units that one request brings about at once, if several; bare SQL does as many in one transaction. */
  readonly unitsPerRequest?: number;
  /** The same unit said to a bare HTTP server: so many requests of such a kind. */
  readonly raw: readonly RawRequest[];
  /** The same unit as bare SQL: a pgbench script in floor/. */
  readonly floor: string;
  /** A wrk script in load/, where throughput is the question. */
  readonly wrk?: string;
  /** Whether nginx takes part: by itself, and in front of Rookery, to send what Rookery names. */
  readonly besideNginx?: boolean;
  /** Whether large uploads are measured on the same stage, afterwards. */
  readonly measuresUploads?: boolean;
  /** What else is measured on the same stage, afterwards. */
  readonly asides?: readonly Aside[];
  readonly aim?: Aim | undefined;
  /** Bytes of artifacts that one unit moves. */
  readonly bytesPerUnit?: number;
  /** Brings the fleet into the state that is asked about; before the first round. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  /** Looks whether what was answered is also what was written; throws when it is not. */
  readonly audit?: (stage: Stage, units: number) => Promise<void>;
}

/** What we want to reach; missing it is told and is no failure, since a busy machine is not a bug. */
export type Aim =
  | { readonly what: 'ratio'; readonly most: number }
  | AimBesideNginx
  | { readonly what: 'unitsPerSecond'; readonly least: number };

/** By contestant. */
export interface AimBesideNginx {
  readonly what: 'nginxRatio';
  readonly most: Readonly<Record<string, number>>;
}

import { statusOf, type Report } from '../ddi/bodies';
import type { Fault } from '../fault';

/** One report that left a device. */
export interface SentReport {
  readonly on: 'deployment' | 'cancel';
  /** As the server's log calls it: `proceeding`, `closed/success` … */
  readonly status: string;
  /** The HTTP status that came back, 0 when none did: then the server may have taken it or not. */
  answer: number;
  /** A line of its details that no other report of the fleet has, if the fleet marks them. */
  readonly mark?: string;
}

/**
 * What was answered so may have been taken although nobody said so: no answer, or "come back" from a server that had
 * lost its database, perhaps after the commit.
 */
export function isUncertain(answer: number): boolean {
  return answer === 0 || answer === 429 || answer === 503;
}

/** What a device truly did for one action. */
export interface ActionTruth {
  readonly actionId: string;
  /** Not known of an action that was only ever seen as a cancel. */
  version: string | undefined;
  readonly faults: readonly Fault[];
  /** In the order in which they were sent. */
  readonly reports: SentReport[];
  /** The deployment was asked for. */
  isFetched: boolean;
  /** A file came, or a progress report was acknowledged: the server knows that the device worked on it. */
  hasProof: boolean;
  /** How often it was written to the other slot. */
  installs: number;
  isRolledBack: boolean;
}

/** What a device told about its version since its last acknowledged configData, that one included. */
export interface Told {
  /** The version of the last configData that was answered 200. */
  attributes: string | undefined;
  /** Successes acknowledged since, and what was sent without an answer. */
  readonly since: Set<string>;
  /** Only configData since: what the device said is certain. */
  isCertain: boolean;
}

export interface DeviceTruth {
  readonly controllerId: string;
  runs: string;
  readonly told: Told;
  readonly actions: Map<string, ActionTruth>;
}

/** What the oracle is told when an action begins on a device. */
export interface BeginningAction {
  readonly actionId: string;
  readonly version: string | undefined;
  readonly faults: readonly Fault[];
}

/** Keeps what every device truly did, to be compared with what the server says happened. */
export class Oracle {
  readonly devices = new Map<string, DeviceTruth>();
  /** What no server may do, seen while the fleet ran. */
  readonly complaints: string[] = [];
  private marks = 0;

  device(controllerId: string): DeviceTruth {
    let truth = this.devices.get(controllerId);
    if (truth === undefined) {
      const told = { attributes: undefined, since: new Set<string>(), isCertain: true };
      truth = { controllerId, runs: '', told, actions: new Map() };
      this.devices.set(controllerId, truth);
    }
    return truth;
  }

  action(controllerId: string, beginning: BeginningAction): ActionTruth {
    const { actions } = this.device(controllerId);
    let truth = actions.get(beginning.actionId);
    if (truth === undefined) {
      const nothing = { isFetched: false, hasProof: false, installs: 0, isRolledBack: false };
      truth = { ...beginning, ...nothing, reports: [] };
      actions.set(beginning.actionId, truth);
    }
    truth.version ??= beginning.version;
    return truth;
  }

  /** Note `answer` on what this returns once there is one. */
  sent(action: ActionTruth, on: SentReport['on'], report: Report, mark?: string): SentReport {
    const sent: SentReport = {
      on,
      status: statusOf(report),
      answer: 0,
      ...(mark === undefined ? {} : { mark }),
    };
    action.reports.push(sent);
    return sent;
  }

  /** A report was answered, or will not be. */
  answered(controllerId: string, action: ActionTruth, sent: SentReport, answer: number): void {
    sent.answer = answer;
    if (answer === 200 && sent.on === 'deployment' && /proceeding|downloaded/.test(sent.status))
      action.hasProof = true;
    const isTaken = answer === 200 || isUncertain(answer);
    if (!isTaken || sent.on !== 'deployment' || sent.status !== 'closed/success') return;
    const { told } = this.device(controllerId);
    if (action.version !== undefined) told.since.add(action.version);
    told.isCertain = false;
  }

  /** The device put its attributes, with this version among them. */
  attributesSent(controllerId: string, version: string, answer: number): void {
    const { told } = this.device(controllerId);
    if (answer === 200) {
      told.attributes = version;
      told.since.clear();
      told.isCertain = true;
    } else if (isUncertain(answer)) {
      told.since.add(version);
      told.isCertain = false;
    }
  }

  /** For the details of one report. */
  nextMark(): string {
    this.marks += 1;
    return `~${this.marks}~`;
  }

  complain(what: string): void {
    if (this.complaints.length < 100) this.complaints.push(what);
  }

  get actionCount(): number {
    let count = 0;
    for (const { actions } of this.devices.values()) count += actions.size;
    return count;
  }
}

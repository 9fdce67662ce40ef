import type { Directive } from '../../../src/modules/updates/polls/polls.service';
import type { DeviceAct, OperatorAct, WaitAct } from './acts';
import type { Cast } from './cast';
import type { Stage } from './stage';

/** What came of one act. */
export type Answer =
  | { readonly is: 'told'; readonly directive: Directive }
  /** The deployment was shown, with what it says about the installation. */
  | { readonly is: 'shown'; readonly update: string }
  | { readonly is: 'taken'; readonly version?: string }
  | { readonly is: 'refused'; readonly code: string };

/** One act as it was done: acts of one `turn` were done at once, all others one after the other. */
export interface Moment {
  readonly turn: number;
  readonly act: DeviceAct | OperatorAct | WaitAct;
  readonly answer: Answer;
  /** The action that the act was about. */
  readonly actionId: string | undefined;
  /** The version that a device reported. */
  readonly told?: string | undefined;
  /** By the clock of the history. */
  readonly nowMs: number;
  /** By the database's own clock, which commits are stamped with: the act lies between. */
  readonly fromUs: number;
  toUs: number;
}

/** What is kept of an action once it is there. */
export interface StoryAction {
  readonly id: string;
  readonly deviceId: string;
  readonly controllerId: string;
  readonly releaseId: string;
  readonly origin: string;
  readonly rolloutId: string | undefined;
  readonly wave: number | undefined;
  readonly state: string;
  readonly isExposed: boolean;
  readonly isForced: boolean;
  readonly isEnded: boolean;
  readonly endedBy: string | undefined;
  readonly retrieved: boolean;
  readonly hasProof: boolean;
  readonly isCorrected: boolean;
  readonly awaitsVersion: boolean;
}

/** One line of an action's log, or one event, at the moment of its commit. */
export type Fact = LogFact | EventFact;

export interface LogFact {
  readonly kind: 'log';
  readonly atUs: number;
  readonly actionId: string;
  readonly seq: number;
  readonly source: 'device' | 'server';
  readonly status: string;
}

export interface EventFact {
  readonly kind: 'event';
  readonly atUs: number;
  readonly id: number;
  readonly name: string;
  readonly subject: string;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Everything about one history once it is over. */
export interface Story {
  readonly cast: Cast;
  readonly stage: Stage;
  /** In the order of the cast's rollouts. */
  readonly rolloutIds: readonly string[];
  readonly moments: readonly Moment[];
  readonly actions: ReadonlyMap<string, StoryAction>;
  /** In the order of their commits. */
  readonly facts: readonly Fact[];
}

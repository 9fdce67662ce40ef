import type { RolloutChange } from './rollout-wish';
import { windowOf, type RolloutWindow } from './rollout-window';

/** A change of a rollout that goes beyond what was approved, and waits until somebody else approves it. */
export interface Proposal {
  readonly change: RolloutChange;
  /** The change as it was said, to be shown to whoever decides on it. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Who said it. */
  readonly by: string;
  readonly at: Date;
}

/** As it lies in the table: JSON knows no instants, and leaves out what is undefined. */
export interface StoredProposal {
  readonly change: Omit<RolloutChange, 'startAt'> & { readonly startAt?: string | null };
  readonly said: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly at: string;
}

export function proposalOf({ change, said, by, at }: StoredProposal): Proposal {
  const { startAt, windows, ...rest } = change;
  return {
    change: {
      ...rest,
      ...(startAt === undefined ? {} : { startAt: startAt === null ? null : new Date(startAt) }),
      ...(windows === undefined ? {} : { windows: windows.map((window: RolloutWindow) => windowOf(window)) }),
    },
    ...{ said, by, at: new Date(at) },
  };
}

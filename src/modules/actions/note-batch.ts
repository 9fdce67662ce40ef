import { restarting } from '../../platform/database/restarting';
import { isDatabaseUnavailable } from '../../platform/database/database.errors';
import { MicroBatch } from '../../platform/database/micro-batch';
import type { ActionNote } from './action/action-note';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

type Written = { readonly isWritten: boolean } | { readonly problem: unknown };

/**
 * Group commit: notes that come in while a batch is being written make the next one, so the disk is waited for once for all
 * of them and not once for each. Idle, a note is written at once and alone.
 */
export class NoteBatch {
  private readonly batch = new MicroBatch<ActionNote, Written>((notes) => this.writeAll(notes), MAX_BATCH);

  /** `write` takes at most one note of an action at a time, and commits before it resolves. */
  constructor(private readonly write: (notes: readonly ActionNote[]) => Promise<boolean[]>) {}

  /** Committed when it resolves with true; false: the action has moved on since it was read, or its log is full. */
  async note(note: ActionNote): Promise<boolean> {
    const written = await this.batch.load(note);
    if ('problem' in written) throw written.problem;
    return written.isWritten;
  }

  private async writeAll(notes: readonly ActionNote[]): Promise<Written[]> {
    const results = new Map<ActionNote, Written>();
    for (const round of roundsOf(notes)) {
      const written = await this.writeRound(round);
      round.forEach((note, index) => results.set(note, written[index] ?? { isWritten: false }));
    }
    return notes.map((note) => results.get(note) ?? { isWritten: false });
  }

  private async writeRound(round: readonly ActionNote[]): Promise<Written[]> {
    try {
      const written = await restarting(() => this.write(round));
      return written.map((isWritten) => ({ isWritten }));
    } catch (problem) {
      // Nobody is to fail for what is wrong with another one's note.
      if (round.length === 1 || isDatabaseUnavailable(problem)) return round.map(() => ({ problem }));
      return (await Promise.all(round.map((note) => this.writeRound([note])))).flat();
    }
  }
}

/**
 * The notes of one action go into different rounds, in the order they came. Within a round they go by id, the order in which
 * every replica locks them.
 */
function roundsOf(notes: readonly ActionNote[]): ActionNote[][] {
  const rounds: ActionNote[][] = [];
  const seen = new Map<string, number>();
  for (const note of notes) {
    const round = seen.get(note.actionId) ?? 0;
    seen.set(note.actionId, round + 1);
    (rounds[round] ??= []).push(note);
  }
  for (const round of rounds) round.sort((a, b) => Number(a.actionId) - Number(b.actionId));
  return rounds;
}

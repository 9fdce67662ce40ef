import type { Wave } from './wave';

/**
 * Whom the waves of a rollout name by id and by tag: one look for all waves. A device belongs to the first that names it.
 */
export class WaveRoll {
  private readonly byId = new Map<string, number>();
  private readonly byTag = new Map<string, number>();

  constructor(waves: readonly Wave[]) {
    for (const { position, members } of waves) {
      for (const id of members.controllerIds) noteFirst(this.byId, id, position);
      for (const tag of members.tags) noteFirst(this.byTag, tag, position);
    }
  }

  /** The position of the first wave that names the device; Infinity: none does. */
  firstWaveOf(controllerId: string, tags: readonly string[] | undefined): number {
    let first = this.byId.get(controllerId) ?? Infinity;
    if (tags === undefined || this.byTag.size === 0) return first;
    for (const tag of tags) first = Math.min(first, this.byTag.get(tag) ?? Infinity);
    return first;
  }
}

function noteFirst(positions: Map<string, number>, name: string, position: number): void {
  positions.set(name, Math.min(position, positions.get(name) ?? Infinity));
}

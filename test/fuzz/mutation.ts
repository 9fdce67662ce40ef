import type { Chance } from './chance';
import type { Sound } from './routes';
import type { Draft } from './request';
import type { FuzzDevice, World } from './world';

/** What a mutation may look at. */
export interface Scene {
  readonly chance: Chance;
  readonly world: World;
  readonly device: FuzzDevice;
  /** The request before it was changed. */
  readonly sound: Sound;
  readonly isCbor: boolean;
}

/** A way to spoil a request. Its name, `group: what`, is what the figures count. */
export interface Mutation {
  readonly name: string;
  readonly spoil: (draft: Draft, scene: Scene) => void;
}

/** More than a server reads of a head: it answers 431 at some point, and may leave the rest unread. */
export const LONG_HEAD_BYTES = 12 * 1024;

/** Long heads and bodies make requests of which the server may read a part only. */
export function loosenWhenLong(draft: Draft, addedBytes: number): void {
  if (addedBytes > LONG_HEAD_BYTES && draft.framing === 'exact') draft.framing = 'loose';
}

/** Names the members of a group. */
export function group(name: string, members: Readonly<Record<string, Mutation['spoil']>>): Mutation[] {
  return Object.entries(members).map(([what, spoil]) => ({ name: `${name}: ${what}`, spoil }));
}

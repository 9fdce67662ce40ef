import { createHash } from 'node:crypto';
import type { RolloutDefinition } from './rollout';

/** What a preview rests upon. How many devices there are is no part of it: a fleet grows while one reads. */
export interface PreviewBasis {
  readonly definition: RolloutDefinition;
  /** Of the release's content. */
  readonly digest: string;
  /** Rollouts that would no longer count for some devices. */
  readonly supersedes: readonly string[];
}

/** How much of each digest is kept: no chance of a collision, and fit to be pasted. */
const CHARACTERS = 32;
const CHANGED = [
  'the rollout was changed since the preview',
  'the release has other content than at the preview',
  'other rollouts would be superseded than at the preview',
] as const;

/** Three parts, one for each thing that may change, so that a start can be told what did. */
export function previewHash({ definition, digest, supersedes }: PreviewBasis): string {
  const sorted = [...supersedes].sort((a, b) => Number(a) - Number(b));
  return [said(definition), digest, sorted].map(partOf).join('-');
}

/** What is no longer as it was when `hash` was given out; undefined: all is. */
export function faultOfPreviewHash(hash: string, basis: PreviewBasis): string | undefined {
  const now = previewHash(basis).split('-');
  const then = hash.split('-');
  if (then.length !== now.length) return 'No preview gave out this hash';
  const changed = CHANGED.filter((_what, index) => then[index] !== now[index]);
  if (changed.length === 0) return undefined;
  const sentence = changed.join(', and ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
}

/** By name: what is read besides, as the state and the counters, is no part of what was said. */
function said(definition: RolloutDefinition): unknown {
  const { name, releaseId, population, priority, pace, mostDevices, waves, attempts, retryBackoffMs } =
    definition;
  const { allowsDowngrade, confirms, silentPolls, whenTripped, startAt, windows, salt, terms } = definition;
  return [
    [name, releaseId, population, priority, pace, mostDevices, waves, attempts, retryBackoffMs],
    [allowsDowngrade, confirms, silentPolls, whenTripped, startAt, windows, salt, terms],
  ];
}

function partOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, CHARACTERS);
}

/** The database gives the keys of what it stores as JSON back in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]);
}

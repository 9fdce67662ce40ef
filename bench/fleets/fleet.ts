import type { Stage } from '../stage';

/** How a fleet is made. Scenarios that name the same fleet in the same size share one. */
export interface Fleet {
  readonly name: string;
  /** How large the artifact is that it may be offered; 1 MiB when not told. */
  readonly artifactBytes?: number;
  /** Makes `stage.devices` devices on an empty, migrated database with the servers running. */
  readonly seed: (stage: Stage) => Promise<void>;
}

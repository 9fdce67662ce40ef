import type { Stage } from '../stage';

/** How a fleet is made. Scenarios that name the same fleet in the same size share one. */
export interface Fleet {
  readonly name: string;
  /** Makes `stage.devices` devices on an empty, migrated database with the servers running. */
  readonly seed: (stage: Stage) => Promise<void>;
}

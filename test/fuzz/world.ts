/** What can be fetched of a release. */
export interface FuzzModule {
  readonly id: string;
  readonly fileNames: readonly string[];
}

/** A device of the run, as it stands at the beginning of each batch. */
export interface FuzzDevice {
  readonly controllerId: string;
  /** How far it is, see `device-scripts.ts`. */
  readonly state: string;
  /** Its own token; undefined when it was made by its first poll. */
  readonly targetToken: string | undefined;
  /** Its actions, the newest first. */
  readonly actionIds: readonly string[];
}

/** Everything that a request can be made of. */
export interface World {
  readonly tenant: string;
  readonly gatewayToken: string;
  /** What the trusted proxy calls the authority that the tenant believes. */
  readonly authority: string;
  readonly devices: readonly FuzzDevice[];
  readonly modules: readonly FuzzModule[];
  /** Names and versions of the releases. */
  readonly releases: readonly { readonly name: string; readonly version: string }[];
}

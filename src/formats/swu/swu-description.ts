/** Hardware that a bundle says it fits. */
export interface SwuHardware {
  /**
   * `*`: the list stands at the top of `software` (or in a set and mode) and counts for each board that has
   * no list of its own. Otherwise the board whose section holds it; for that board only its own entries
   * count.
   */
  readonly board: string;
  /** A revision, or `#RE:` and a POSIX extended regular expression, verbatim. */
  readonly revision: string;
}

/** A file in the archive, in the order of the archive; the description and its signature are among them. */
export interface SwuMember {
  readonly name: string;
  readonly sizeBytes: number;
}

/** A file that sw-description tells devices to install or run, from any of its sections. */
export interface SwuImage {
  readonly filename: string;
  readonly version?: string;
  /** What devices compare the bytes in the archive with, in hexadecimal digits as it is written there. */
  readonly sha256?: string;
  readonly encrypted: boolean;
}

/** What a `.swu` bundle says about itself (SWUpdate documentation, "SWUpdate: syntax and tags"). */
export interface SwuDescription {
  /** Empty only if the description is encrypted. */
  readonly version: string;
  readonly description?: string;
  readonly name?: string;
  /** There is a `sw-description.sig`; whether it is valid only a device can tell. */
  readonly signed: boolean;
  /** sw-description is not text: everything that is read from it is missing here. */
  readonly encryptedDescription: boolean;
  readonly hardware: SwuHardware[];
  readonly members: SwuMember[];
  readonly images: SwuImage[];
  /** What a person should know although it is no reason to refuse the bundle; whole sentences. */
  readonly warnings: string[];
}

/** What is read from the text of sw-description alone. */
export type SoftwareFacts = Pick<
  SwuDescription,
  'version' | 'description' | 'name' | 'hardware' | 'images' | 'warnings'
>;

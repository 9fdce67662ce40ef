/** What a bootloader is told about the flash chip; what the header says in no known way is left out. */
export interface EspFlash {
  readonly mode?: 'qio' | 'qout' | 'dio' | 'dout' | 'fast' | 'slow';
  readonly sizeBytes?: number;
  readonly frequencyMhz?: number;
}

/** Which revisions of its chip an image runs on, both ends included, like `v1.0`; an end that is open is left out. */
export interface EspRevisionRange {
  readonly least?: string;
  readonly most?: string;
}

/** A part of the image that is loaded into memory or mapped there. */
export interface EspSegment {
  readonly address: number;
  readonly sizeBytes: number;
  /** Where its header begins, in bytes from the start of the file. */
  readonly offset: number;
}

/** What the build wrote about the application (`esp_app_desc_t`); what it left empty is left out. */
export interface EspDescription {
  readonly project?: string;
  readonly version?: string;
  readonly idfVersion?: string;
  /** Day and time of the build as the compiler wrote them. */
  readonly builtOn?: string;
  readonly builtAt?: string;
  /** A device with anti-rollback refuses an image whose number is less than that burnt into it. */
  readonly secureVersion: number;
  /** SHA-256 of the ELF file, in hexadecimal digits: what tells two builds apart. */
  readonly elfSha256?: string;
}

/** What an ESP-IDF application image says about itself. */
export interface EspImage {
  /** Absent from images that were built without one. */
  readonly application?: EspDescription;
  readonly chipId: number;
  /** The chip as ESP-IDF names its target, like `esp32s3`; absent when the id is not known. */
  readonly chip?: string;
  readonly revisions: EspRevisionRange;
  readonly entryAddress: number;
  readonly flash: EspFlash;
  readonly segments: readonly EspSegment[];
  /** Bytes of the image itself; padding, signatures or anything else may follow. */
  readonly sizeBytes: number;
  /** The appended SHA-256, in hexadecimal digits; it was found to match. Absent from images built without one. */
  readonly sha256?: string;
  /** The version of secure boot whose signature follows. Whether a trusted key made it only a device can tell. */
  readonly secureBoot?: 1 | 2;
  /** Blocks of a secure boot v2 signature, each made with a key of its own. */
  readonly signatureBlocks: number;
  /** What a person should know although it is no reason to refuse the image; whole sentences. */
  readonly warnings: readonly string[];
}

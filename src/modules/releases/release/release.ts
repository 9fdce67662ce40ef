import type { BlobFault } from '../../artifacts/sources/source';
import type { Judgement } from '../../trust/judgement';
import type { HardwarePattern } from './hardware';

/** A file of a module, with the hashes that devices ask for (lower-case hex; DDI wants sha1, md5 and sha256). */
export interface Artifact {
  readonly id: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly sha1: string;
  readonly md5: string;
  readonly crc32: string;
  readonly createdAt: Date;
  /** Where the bytes are when they are not here; never for devices. */
  readonly source?: ArtifactSource;
  /** What is wrong with the bytes, if anything; as long as that is so, the release is offered to nobody. */
  readonly fault?: BlobFault;
  /** What its signature was worth when it came, or when it was judged last. */
  readonly signature: Judgement;
}

/** The address of a linked file, without what stands behind its `?`. */
export interface ArtifactSource {
  readonly url: string;
  readonly hasCredentials: boolean;
}

/** A note on a module; only visible ones are told to devices. */
export interface ModuleMetadata {
  readonly key: string;
  readonly value: string;
  readonly isVisible: boolean;
}

/** What an invalidated release does to the actions that are open on it. */
export const INVALIDATIONS = ['none', 'soft', 'force'] as const;
export type Invalidation = (typeof INVALIDATIONS)[number];

/** One chunk on the wire. Its id is the softwaremodule id in DDI URLs. */
export interface ReleaseModule {
  readonly id: string;
  /** hawkBit's module type key: `os`, `application`, `runtime` … */
  readonly type: string;
  readonly name: string;
  readonly version: string;
  /** `swu`, `raucb`, `esp-image` or `opaque`: how the bytes were understood. */
  readonly format: string;
  readonly description?: string;
  readonly isEncrypted: boolean;
  readonly metadata: readonly ModuleMetadata[];
  readonly artifacts: readonly Artifact[];
}

/** What a device is to run: name + version, 1..n modules. */
export interface Release {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly notes: string;
  /** Empty: fits nothing known, so it is never offered. */
  readonly hardware: readonly HardwarePattern[];
  /** Identifies the content: sha256 over (module, file name, sha256) of every artifact. */
  readonly digest: string;
  readonly warnings: readonly string[];
  readonly isWithdrawn: boolean;
  /** Who withdrew it: `user:ann`, `breaker`, `rollout:12`. */
  readonly withdrawnBy: string | undefined;
  /** A SemVer range: devices outside of it get the next hop on the way. Undefined: from any version. */
  readonly upgradeFrom: string | undefined;
  /** A device must take this step: what is assigned later queues behind it. */
  readonly isRequiredStep: boolean;
  /** Invalid for good: never offered again; what is open on it is left, cancelled or ended. */
  readonly invalidation: Invalidation | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly modules: readonly ReleaseModule[];
}

/** How a release looks from outside, as far as a client may be unable to take it. */
export interface ReleaseShape {
  /** Files over all modules. */
  readonly artifacts: number;
  /** The module types in it, each once. */
  readonly types: readonly string[];
  /** How file names end, in lower case with the dot, each once. */
  readonly endings: readonly string[];
  readonly largestBytes: number;
  /** The longest file name as it stands in a link. */
  readonly longestName: number;
}

/** What deciding needs to know of a release, without its files. */
export interface ReleaseFacts {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly hardware: readonly HardwarePattern[];
  readonly isWithdrawn: boolean;
  readonly isRequiredStep: boolean;
  readonly invalidation: Invalidation | undefined;
  /** A SemVer range of the versions that it upgrades from; undefined: any. */
  readonly upgradeFrom: string | undefined;
  /** How long nine of ten devices take from the fetch to the end; undefined: not known yet. */
  readonly p90Ms: number | undefined;
  /** The bytes of a file are not what they should be. */
  readonly isDamaged: boolean;
  /** What the least of its files' signatures is worth. */
  readonly signature: Judgement['kind'];
  readonly shape: ReleaseShape;
}

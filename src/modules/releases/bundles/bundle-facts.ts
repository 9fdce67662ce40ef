import type { HardwarePattern } from '../release/hardware';
import type { SignedMatter } from './signed-matter';

export type BundleFormat = 'swu' | 'raucb' | 'esp-image' | 'opaque';

/** What a file says about itself. `opaque` says nothing: the form has to. */
export interface BundleFacts {
  readonly format: BundleFormat;
  readonly version?: string;
  readonly name?: string;
  readonly description?: string;
  readonly hardware: readonly HardwarePattern[];
  readonly warnings: readonly string[];
  /** What there is to judge of its signature; absent: the format has none of its own. */
  readonly signed?: SignedMatter;
}

import { FormatError } from '../../formats/format.error';
import { looksLikeSwu, SwuReader } from '../../formats/swu/swu.reader';
import type { SwuDescription } from '../../formats/swu/swu-description';
import type { HardwarePattern } from './hardware';

/** What a file says about itself. `opaque` says nothing: the form has to. */
export interface BundleFacts {
  readonly format: 'swu' | 'opaque';
  readonly version?: string;
  readonly name?: string;
  readonly description?: string;
  readonly hardware: readonly HardwarePattern[];
  readonly warnings: readonly string[];
}

const OPAQUE: BundleFacts = { format: 'opaque', hardware: [], warnings: [] };
/** As many first bytes as a format is recognised by. */
const MAGIC_LENGTH = 6;

/**
 * Understands a file while its bytes stream by. The content decides, not the name; but a file *named* .swu that is
 * none is refused, since every SWUpdate device would refuse it too.
 */
export class BundleReader {
  private head = Buffer.alloc(0);
  private swu: SwuReader | undefined;
  private isDecided = false;

  constructor(private readonly fileName: string) {}

  /** @throws FormatError as soon as the bytes can be no bundle of their format. */
  write(chunk: Buffer): void {
    if (this.isDecided) {
      this.swu?.write(chunk);
      return;
    }
    this.head = Buffer.concat([this.head, chunk]);
    if (this.head.length >= MAGIC_LENGTH) this.decide();
  }

  /** @throws FormatError when the file is not whole or contradicts itself. */
  end(): BundleFacts {
    if (!this.isDecided) this.decide();
    return this.swu === undefined ? OPAQUE : factsOf(this.swu.end());
  }

  private decide(): void {
    this.isDecided = true;
    if (looksLikeSwu(this.head)) {
      this.swu = new SwuReader({ missingImages: 'warn' });
      this.swu.write(this.head);
    } else if (this.fileName.toLowerCase().endsWith('.swu')) {
      const found =
        this.head.length === 0
          ? 'it is empty'
          : 'it does not begin with the magic of a cpio archive (070701 or 070702)';
      throw new FormatError(
        `This is no SWUpdate bundle: ${found}. Build it again, or upload it under another ending.`,
        {
          offset: 0,
        },
      );
    }
    this.head = Buffer.alloc(0);
  }
}

function factsOf(swu: SwuDescription): BundleFacts {
  const unsigned = swu.signed ? [] : ['The bundle is not signed: devices that demand a signature refuse it.'];
  return {
    format: 'swu',
    ...(swu.version === '' ? {} : { version: swu.version }),
    ...(swu.name === undefined ? {} : { name: swu.name }),
    ...(swu.description === undefined ? {} : { description: swu.description }),
    hardware: swu.hardware.map(({ board, revision }) => ({
      model: board,
      revision: literalRevision(revision),
    })),
    warnings: [...swu.warnings, ...unsigned],
  };
}

/** SWUpdate compares revisions letter by letter, so a star in a bundle is a star and no glob of ours. */
function literalRevision(revision: string): string {
  if (revision.startsWith('#RE:') || !/[*?]/.test(revision)) return revision;
  return `#RE:^${revision.replace(/[.+^${}()|[\]\\*?]/g, '\\$&')}$`;
}

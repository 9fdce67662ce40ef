import { FormatError, quoted } from '../format.error';
import {
  HEADER_BYTES,
  MAGIC_BYTES,
  TRAILER_NAME,
  parseCpioHeader,
  parseMemberName,
  requireCpioMagic,
  type CpioHeader,
} from './cpio-header';
import type { CpioLimits, CpioListener, CpioMember } from './cpio-listener';
import { GrowingBuffer } from './growing-buffer';
import { MemberContent } from './member-content';

const DEFAULT_LIMITS: CpioLimits = { maxNameBytes: 4096, maxMembers: 100_000 };
const CUT_SHORT = 'The file is cut short: build or send it again.';

type State = 'header' | 'name' | 'padding' | 'content' | 'trailing';

/**
 * Push parser of cpio archives in the formats `newc` and `crc` (cpio(5)). Feed it with `write` as the bytes
 * arrive, then call `end`. Content passes through and is never held, except for members that the listener
 * asks to keep. After a refusal each further call throws the same error.
 */
export class CpioReader {
  private state: State = 'header';
  private afterPadding: 'header' | 'content' = 'header';
  private paddingBytes = 0;
  private offset = 0;
  private membersCount = 0;
  private previous: string | undefined;
  private failure: Error | undefined;
  private readonly pending = new GrowingBuffer();
  private header: CpioHeader = { sizeBytes: 0, nameBytes: 0 };
  private member: CpioMember = { name: '', sizeBytes: 0, offset: 0 };
  private content = new MemberContent(0, undefined, false);
  private hasTrailingData = false;

  constructor(
    private readonly listener: CpioListener,
    private readonly limits: CpioLimits = DEFAULT_LIMITS,
  ) {}

  /** Whether something other than zero padding followed the trailer; readers of cpio ignore such bytes. */
  get hasDataAfterTrailer(): boolean {
    return this.hasTrailingData;
  }

  /**
   * Takes the next bytes of the archive; they are not kept and may be reused by the caller afterwards.
   * @throws FormatError at the first fault
   */
  write(chunk: Buffer): void {
    this.guard(() => {
      let at = 0;
      while (at < chunk.length) {
        const taken = this.take(chunk.subarray(at));
        at += taken;
        this.offset += taken;
        this.turn();
      }
    });
  }

  /**
   * Says that there are no more bytes.
   * @throws FormatError when the archive has not ended; names the member it was cut in
   */
  end(): void {
    this.guard(() => {
      if (this.state !== 'trailing') throw this.cutShort();
    });
  }

  private guard(step: () => void): void {
    if (this.failure !== undefined) throw this.failure;
    try {
      step();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw this.failure;
    }
  }

  /** Takes what the present state can use, at least one byte, and says how much that was. */
  private take(chunk: Buffer): number {
    switch (this.state) {
      case 'header':
        return this.collect(chunk, HEADER_BYTES);
      case 'name':
        return this.collect(chunk, this.header.nameBytes);
      case 'content':
        return this.takeContent(chunk);
      case 'padding': {
        const taken = Math.min(this.paddingBytes, chunk.length);
        this.paddingBytes -= taken;
        return taken;
      }
      case 'trailing':
        this.hasTrailingData ||= !isZero(chunk);
        return chunk.length;
    }
  }

  private takeContent(chunk: Buffer): number {
    const taken = this.content.append(chunk);
    this.listener.memberPasses?.(chunk.subarray(0, taken));
    return taken;
  }

  private collect(chunk: Buffer, wanted: number): number {
    const taken = Math.min(wanted - this.pending.length, chunk.length);
    this.pending.append(chunk.subarray(0, taken));
    return taken;
  }

  /** Moves on when the present state has all its bytes; padding and content may need none. */
  private turn(): void {
    if (this.state === 'header' && this.pending.length === HEADER_BYTES) this.headerEnds();
    else if (this.state === 'name' && this.pending.length === this.header.nameBytes) this.nameEnds();
    this.skipPadding();
    if (this.state === 'content' && this.content.missingBytes === 0) this.contentEnds();
    this.skipPadding();
  }

  private skipPadding(): void {
    if (this.state === 'padding' && this.paddingBytes === 0) this.state = this.afterPadding;
  }

  private headerEnds(): void {
    const start = this.offset - HEADER_BYTES;
    const bytes = this.pending.take();
    requireCpioMagic(bytes, start, this.previous);
    this.header = parseCpioHeader(bytes, start);
    const { nameBytes } = this.header;
    if (nameBytes < 1 || nameBytes > this.limits.maxNameBytes) {
      throw new FormatError(
        `a member name of ${nameBytes} bytes is declared; 1 to ${this.limits.maxNameBytes} are possible. ` +
          'The file is damaged or was made to do harm: build it again.',
        { offset: start },
      );
    }
    this.state = 'name';
  }

  private nameEnds(): void {
    const { sizeBytes, nameBytes, checksum } = this.header;
    const nameOffset = this.offset - nameBytes;
    const name = parseMemberName(this.pending.take(), nameOffset);
    const offset = nameOffset - HEADER_BYTES;
    if (name === TRAILER_NAME) return this.trailerFound(offset);
    if (++this.membersCount > this.limits.maxMembers) {
      throw new FormatError(`more than ${this.limits.maxMembers} members. Pack fewer, larger files.`, {
        offset,
      });
    }
    this.member = { name, sizeBytes, offset };
    const keepsBytes = this.listener.memberBegins(this.member);
    if (keepsBytes > 0 && sizeBytes > keepsBytes) {
      throw new FormatError(
        `it declares ${sizeBytes} bytes; such a member may have at most ${keepsBytes}. ` +
          'Its header is damaged or the wrong file was packed: build the archive again.',
        { member: name, offset },
      );
    }
    this.content = new MemberContent(sizeBytes, checksum, keepsBytes > 0);
    this.pad('content');
  }

  private trailerFound(offset: number): void {
    if (this.header.sizeBytes !== 0) {
      throw new FormatError('the trailer claims to have content. The file is damaged: build it again.', {
        offset,
      });
    }
    this.state = 'trailing';
  }

  private contentEnds(): void {
    const { name, offset } = this.member;
    let kept: Buffer;
    try {
      kept = this.content.close();
    } catch (error) {
      throw error instanceof FormatError ? new FormatError(error.reason, { member: name, offset }) : error;
    }
    this.listener.memberEnds(this.member, kept);
    this.previous = name;
    this.pad('header');
  }

  /** Headers and contents begin at multiples of 4 bytes. */
  private pad(next: 'header' | 'content'): void {
    this.state = 'padding';
    this.afterPadding = next;
    this.paddingBytes = (4 - (this.offset % 4)) % 4;
  }

  private cutShort(): FormatError {
    const { offset, previous } = this;
    if (offset === 0) return new FormatError('the file is empty. Send the archive itself.', { offset });
    if (this.state === 'content' || (this.state === 'padding' && this.afterPadding === 'content')) {
      const passed = `${this.content.passedBytes} of ${this.member.sizeBytes} bytes`;
      return new FormatError(`the archive ends inside this member, after ${passed}. ${CUT_SHORT}`, {
        member: this.member.name,
        offset,
      });
    }
    const isInHeader = this.state === 'name' || this.pending.length > 0;
    if (this.state === 'header' && this.pending.length >= MAGIC_BYTES) {
      requireCpioMagic(this.pending.take(), offset, previous);
    }
    const inside = isInHeader ? ' inside a member header' : '';
    const after = previous === undefined ? '' : ` after ${quoted(previous)}`;
    return new FormatError(`the archive ends${inside}${after} and has no trailer. ${CUT_SHORT}`, { offset });
  }
}

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

import { FormatError } from '../format.error';

/** Tags of DER that a CMS is made of. */
export const DER_INTEGER = 0x02;
export const DER_OCTET_STRING = 0x04;
export const DER_OID = 0x06;
export const DER_SEQUENCE = 0x30;
export const DER_SET = 0x31;
/** `[0] EXPLICIT`. */
export const DER_CONTEXT_0 = 0xa0;

/** One element: its content lies from `start` to `end`. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const MOST_LENGTH_BYTES = 4;

/** Walks over the elements that lie side by side in a part of a DER text (X.690); nothing is copied. */
export class DerWalk {
  private at: number;

  constructor(
    private readonly bytes: Buffer,
    private readonly parent: Pick<DerElement, 'start' | 'end'> = { start: 0, end: bytes.length },
  ) {
    this.at = parent.start;
  }

  get isAtEnd(): boolean {
    return this.at === this.parent.end;
  }

  /** The first byte of the next element. */
  get offset(): number {
    return this.at;
  }

  /** @throws FormatError when the next element is not there, is another, or does not fit into its parent */
  next(tag: number, name: string): DerElement {
    const offset = this.at;
    const found = this.bytes[offset];
    if (this.isAtEnd || found === undefined) throw fault(`${name} is missing`, offset);
    if (found !== tag) throw fault(`${name} should stand here, but the tag is 0x${hex(found)}`, offset);
    return this.any();
  }

  /** The next element if it has this tag. */
  optional(tag: number): DerElement | undefined {
    return !this.isAtEnd && this.bytes[this.at] === tag ? this.any() : undefined;
  }

  /** @throws FormatError when no whole element stands here */
  any(): DerElement {
    const offset = this.at;
    const tag = this.byte(offset);
    const first = this.byte(offset + 1);
    if ((tag & 0x1f) === 0x1f) throw fault(`a tag like 0x${hex(tag)} does not occur in a CMS`, offset);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80) throw fault('a length is left open, as DER forbids', offset);
    if (lengthBytes > MOST_LENGTH_BYTES) throw fault(`a length of ${lengthBytes} bytes is declared`, offset);
    let length = first < 0x80 ? first : 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + this.byte(offset + 2 + index);
    const start = offset + 2 + lengthBytes;
    if (length > this.parent.end - start) {
      throw fault(`${length} bytes are declared, but ${this.parent.end - start} are left`, offset);
    }
    this.at = start + length;
    return { tag, start, end: this.at };
  }

  private byte(at: number): number {
    const byte = at < this.parent.end ? this.bytes[at] : undefined;
    if (byte === undefined) throw fault('it is cut short', at);
    return byte;
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function fault(what: string, offset: number): FormatError {
  return new FormatError(`${what}.`, { offset });
}

/** One member of an archive. */
export interface CpioMember {
  readonly name: string;
  /** Bytes of content as declared; proven only when the member has ended. */
  readonly sizeBytes: number;
  /** Where its header begins, in bytes from the start of the archive. */
  readonly offset: number;
}

/** Hears of the members in the order of the archive. Any method may throw to refuse the archive. */
export interface CpioListener {
  /**
   * Name and size are known, the content is not.
   * @returns how many bytes of content to keep for `memberEnds`; 0 keeps none; a larger member is then
   * refused
   */
  memberBegins(member: CpioMember): number;
  /** The next bytes of content, as they pass; they may be reused afterwards. Nobody has to listen. */
  memberPasses?(part: Buffer): void;
  /**
   * The content was whole and, in `crc` archives, matches its checksum. `content` is empty unless it was
   * kept.
   */
  memberEnds(member: CpioMember, content: Buffer): void;
}

/** Bounds on what a hostile archive may cost. */
export interface CpioLimits {
  /** Longest name with its closing NUL, in bytes. */
  readonly maxNameBytes: number;
  readonly maxMembers: number;
}

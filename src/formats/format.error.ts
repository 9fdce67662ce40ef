/** Where in the input a fault was found; whatever is unknown is left out. */
export interface FormatPlace {
  /** Bytes from the start of the input (of the member's content, when `line` is given). */
  readonly offset?: number;
  /** The archive member concerned, as it is named in the archive. */
  readonly member?: string;
  /** Line within the text, from 1. */
  readonly line?: number;
  /** Column within the line in characters, from 1. */
  readonly column?: number;
}

/**
 * The input is not what it claims to be. The message names the place, the fault and the remedy, so it can
 * be shown to the person who uploaded the file; it never carries more than a short excerpt of the input.
 */
export class FormatError extends Error implements FormatPlace {
  override readonly name = 'FormatError';
  readonly offset?: number;
  readonly member?: string;
  readonly line?: number;
  readonly column?: number;

  /**
   * @param reason the fault and its remedy without the place, one or more sentences
   * @param place where it was found; becomes the prefix of the message
   */
  constructor(
    readonly reason: string,
    place: FormatPlace = {},
  ) {
    super(`${prefix(place)}${reason}`);
    if (place.offset !== undefined) this.offset = place.offset;
    if (place.member !== undefined) this.member = place.member;
    if (place.line !== undefined) this.line = place.line;
    if (place.column !== undefined) this.column = place.column;
  }

  /** The same fault, seen from the archive that holds the text; `remedy` is added to the reason. */
  within(member: string, remedy: string): FormatError {
    return new FormatError(`${this.reason} ${remedy}`, { ...this.place(), member });
  }

  private place(): FormatPlace {
    return {
      ...(this.offset !== undefined && { offset: this.offset }),
      ...(this.line !== undefined && { line: this.line }),
      ...(this.column !== undefined && { column: this.column }),
    };
  }
}

const QUOTED_LENGTH = 80;

/**
 * Makes text from the input safe to show: quoted, control characters escaped, at most 80 characters of it.
 */
export function quoted(text: string): string {
  const shown = JSON.stringify(text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text);
  // JSON leaves DEL and the C1 controls as they are, and what turns the direction of writing.
  return shown.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

function prefix(place: FormatPlace): string {
  const parts: string[] = [];
  if (place.member !== undefined) parts.push(quoted(place.member).slice(1, -1));
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.column !== undefined) parts.push(`column ${place.column}`);
  if (place.line === undefined && place.offset !== undefined) parts.push(`byte ${place.offset}`);
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}

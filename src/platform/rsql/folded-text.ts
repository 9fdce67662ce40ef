const UPPER_A = 0x41;
const UPPER_Z = 0x5a;

/**
 * The letters A to Z in lower case, all else as it is. That is also what Postgres' lower() does under the collation "C";
 * about the case of other letters no two systems agree, not even two versions of one.
 */
export function foldCase(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= UPPER_A && unit <= UPPER_Z)
      return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }
  return text;
}

/** Negative, zero or positive, by code points: the order of UTF-8 bytes, which is Postgres' collation "C". */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Characters beyond U+FFFF begin with a unit of D800 to DFFF, yet come after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Whether the text is the segments with anything between them. Never goes back to a character it is past. */
export function isLike(text: string, segments: readonly string[]): boolean {
  const first = segments[0] ?? '';
  const last = segments.at(-1) ?? '';
  if (segments.length < 2) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const segment of segments.slice(1, -1)) {
    const at = text.indexOf(segment, from);
    if (at < 0 || at + segment.length > end) return false;
    from = at + segment.length;
  }
  return true;
}

/** The same as a pattern of SQL's LIKE. */
export function likePattern(segments: readonly string[]): string {
  return segments.map((segment) => segment.replace(/[\\%_]/g, '\\$&')).join('%');
}

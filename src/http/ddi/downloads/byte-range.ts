/** Bytes `start` to `endInclusive` of a file, both within it. */
export interface ByteRange {
  start: number;
  endInclusive: number;
}

/** What a Range header asks for: 200, 206, 206 as multipart/byteranges (in the order asked), or 416. */
export type RequestedBytes =
  | { kind: 'whole' }
  | ({ kind: 'single' } & ByteRange)
  | { kind: 'several'; ranges: ByteRange[] }
  | { kind: 'unsatisfiable' };

/**
 * SWUpdate's delta handler asks for up to 150 ranges at once unless the bundle's `max-ranges` says otherwise, with
 * Apache's limit of 200 in mind, and has no way back from a refusal. So the bound is well above both. It need not be
 * tight: overlaps are refused, so no list can ask for more than the file once, plus some 100 bytes of framing per part.
 */
export const MAX_RANGES = 512;

const UNSATISFIABLE = { kind: 'unsatisfiable' } as const;

/** Twenty digits hold any 64-bit number; what a double rounds up there is beyond every file anyway. */
const SPEC = /^(\d{0,20})-(\d{0,20})$/;

/**
 * Reads a Range header the way hawkBit does, which is stricter than RFC 9110: one bad range condemns the list, an
 * unknown unit or a syntax error is 416 instead of being ignored, and so is overlap. An end (or a suffix) beyond the
 * file is cut to it. An empty file has no bytes to ask for: every range is unsatisfiable, only no header gives it whole.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): RequestedBytes {
  if (header === undefined) return { kind: 'whole' };
  if (!/^bytes=/i.test(header)) return UNSATISFIABLE;
  const specs = header.slice('bytes='.length).split(',', MAX_RANGES + 1);
  if (specs.length > MAX_RANGES) return UNSATISFIABLE;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseSpec(spec.trim(), sizeBytes);
    if (range === undefined) return UNSATISFIABLE;
    ranges.push(range);
  }
  if (hasOverlap(ranges)) return UNSATISFIABLE;
  const [first, second] = ranges;
  if (first === undefined) return UNSATISFIABLE;
  return second === undefined ? { kind: 'single', ...first } : { kind: 'several', ranges };
}

/** `a-b`, `a-` or `-n`; undefined when it is none of them or touches no byte. */
function parseSpec(spec: string, sizeBytes: number): ByteRange | undefined {
  const [, from = '', to = ''] = SPEC.exec(spec) ?? [];
  const last = sizeBytes - 1;
  if (from === '') {
    // No match and a lone "-" both arrive here, as a suffix of nothing.
    const start = Math.max(0, sizeBytes - Number(to));
    return start > last ? undefined : { start, endInclusive: last };
  }
  const start = Number(from);
  const end = to === '' ? last : Number(to);
  return start > end || start > last ? undefined : { start, endInclusive: Math.min(end, last) };
}

function hasOverlap(ranges: readonly ByteRange[]): boolean {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  return sorted.some((range, i) => {
    const next = sorted[i + 1];
    return next !== undefined && next.start <= range.endInclusive;
  });
}

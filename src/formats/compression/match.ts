import { FormatError } from '../format.error';

/** A repetition of what was unpacked before. */
export interface Match {
  /** Bytes unpacked so far. */
  readonly filled: number;
  /** How far back it begins; less than the length repeats the same bytes over and over. */
  readonly distance: number;
  readonly length: number;
}

/**
 * Appends a repetition, and answers how many bytes are unpacked now.
 * @param method the compression's name, for the fault
 * @throws FormatError when it begins before the first byte or ends behind the end of the output
 */
export function copyWithin(output: Buffer, match: Match, method: string): number {
  const { filled, distance, length } = match;
  if (distance < 1 || distance > filled) {
    throw new FormatError(`the ${method} block repeats bytes from before its start.`);
  }
  if (length > output.length - filled) {
    throw new FormatError(`the ${method} block unpacks to more than the ${output.length} bytes it may have.`);
  }
  if (distance >= length) {
    output.copyWithin(filled, filled - distance, filled - distance + length);
    return filled + length;
  }
  for (let at = filled; at < filled + length; at++) output[at] = output[at - distance] ?? 0;
  return filled + length;
}

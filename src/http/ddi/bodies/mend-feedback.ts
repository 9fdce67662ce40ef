/**
 * SWUpdate pastes its error texts into the details of its final report without escaping them, so a raw newline or a
 * double quote breaks the JSON, and with a plain 400 the failure would be lost and the device would download again at
 * each poll. Only the details may be damaged: everything around them has to be JSON, so a body cut short (whose
 * "success" may be half a sentence) is not mended.
 */
const OPENING = /"details"\s*:\s*\[/;
const CLOSING = /^\s*\}\s*\}\s*$/;

/**
 * The body with its details repaired, or undefined when it is broken in another way. The details run from the first
 * place that opens them, since the JSON before cannot hold it within a string, to the last bracket. Both are found in
 * one pass: one expression over the whole took 15 s for a hostile body of 256 KiB.
 */
export function mendFeedback(text: string): unknown {
  const opening = OPENING.exec(text);
  const end = text.lastIndexOf(']');
  if (opening === null || !CLOSING.test(text.slice(end + 1))) return undefined;
  const start = opening.index + opening[0].length;
  try {
    const details = JSON.stringify(detailsOf(text.slice(start, end)));
    return JSON.parse(`${text.slice(0, start - 1)}${details}${text.slice(end + 1)}`);
  } catch {
    return undefined;
  }
}

/** The texts between the outermost quotes; what separates them is a quote, a comma, a quote. */
function detailsOf(raw: string): string[] {
  const inner = /^\s*"([^]*)"\s*$/.exec(raw)?.[1];
  if (inner === undefined) return raw.trim() === '' ? [] : [raw.trim()];
  return inner.split(/"\s*,\s*"/).map((text) => text.replace(/\s+/g, ' ').trim());
}

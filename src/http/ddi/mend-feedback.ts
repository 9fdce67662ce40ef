/**
 * SWUpdate pastes its error texts into the details of its final report without escaping them, so a raw newline or a
 * double quote breaks the JSON, and with a plain 400 the failure would be lost and the device would download again at
 * each poll. Only the details may be damaged: everything around them has to be JSON, so a body cut short (whose
 * "success" may be half a sentence) is not mended.
 */
const DAMAGED_DETAILS = /^(\s*\{[^]*"details"\s*:\s*)\[([^]*)\](\s*\}\s*\}\s*)$/;

/** The body with its details repaired, or undefined when it is broken in another way. */
export function mendFeedback(text: string): unknown {
  const match = DAMAGED_DETAILS.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
  try {
    const details = JSON.stringify(detailsOf(match[2]));
    return JSON.parse(`${match[1]}${details}${match[3]}`);
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

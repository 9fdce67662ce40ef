/** How a piece of text is meant; a terminal without colours shows none of it. */
export type Tone = 'plain' | 'strong' | 'good' | 'bad' | 'busy' | 'faint';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

const CODES: Readonly<Record<Tone, string>> = {
  plain: '',
  strong: '\u001b[1m',
  good: '\u001b[32m',
  bad: '\u001b[31m',
  busy: '\u001b[33m',
  faint: '\u001b[2m',
};
const RESET = '\u001b[0m';

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

/** The line as it is written, cut to so many columns: a terminal would wrap it, and the drawing would break. */
export function paint(line: Line, columns: number, hasColours: boolean): string {
  let left = columns;
  let painted = '';
  for (const { text, tone } of line) {
    const shown = [...text].slice(0, left).join('');
    left -= [...shown].length;
    painted += hasColours && tone !== 'plain' && shown !== '' ? CODES[tone] + shown + RESET : shown;
  }
  return painted.trimEnd();
}

/**
 * What a device says ends up on somebody's terminal: no control characters, and only letters that are one column wide,
 * so that counting them is measuring them.
 */
export function printable(text: string): string {
  return text
    .replaceAll(/[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u058f]/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

/** `left` and `right` at the ends of a line. */
export function justified(left: Line, right: Span, columns: number): Line {
  const used = [...left, right].reduce((sum, { text }) => sum + [...text].length, 0);
  return [...left, span(' '.repeat(Math.max(1, columns - used))), right];
}

/** `0:07`, `12:34`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

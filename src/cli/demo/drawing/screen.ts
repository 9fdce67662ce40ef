import { ASCII, BLOCKS, progressBar, stateRows } from './bars';
import { clock, justified, paint, span, type Line, type Tone } from './line';
import type { DemoModel, Phase } from '../model';
import { tallyOf } from './tally';
import { commands, headline, paceWords, verdictWords, whereabouts } from './words';

/** What a terminal is like. */
export interface Looks {
  readonly columns: number;
  readonly rows: number;
  readonly hasColours: boolean;
  /** It knows the characters that bars are best drawn with. */
  readonly hasBlocks: boolean;
}

const MOST_COLUMNS = 80;
/** Causes of failures from above, the latest happenings and the verdict from below. */
const MIDDLE_ROWS = 7;
const LEAST_OCCURRENCES = 2;
const MOST_VERDICT_ROWS = 3;
const END_ROWS = 5;
const HEADLINE_TONES: Readonly<Partial<Record<Phase, Tone>>> = { done: 'good', lost: 'bad' };

/**
 * The whole screen for one moment: the same model gives the same lines, 24 at most and none wider than the terminal. Each
 * thing has its fixed place, so that the eye finds it again when it is redrawn.
 */
export function drawScreen(model: DemoModel, { columns, rows, hasColours, hasBlocks }: Looks): string[] {
  // The last column stays free: after a character there, terminals differ in where the cursor is.
  const width = Math.min(columns, MOST_COLUMNS) - 1;
  const ink = hasBlocks ? BLOCKS : ASCII;
  const tally = tallyOf(model);
  const lines: Line[] = [
    title(model, width),
    [span(headline(model), headlineTone(model))],
    progressBar(tally, ink, width),
    justified(
      [span('Counted by the server', 'strong')],
      span(`The devices: ${paceWords(model)}`, 'faint'),
      width,
    ),
    ...stateRows(tally, model.fleet, ink, width),
    [
      span('Failures by cause', 'strong'),
      span(" (the devices' last words, as the server has them)", 'faint'),
    ],
    ...middleRows(model),
    ...endRows(model),
  ];
  return lines.slice(0, Math.max(1, rows)).map((line) => paint(line, width, hasColours));
}

function title({ place, note, seconds }: DemoModel, width: number): Line {
  const noted = note === undefined ? [] : [span(`  ${note}`, 'busy')];
  const left = [span('Rookery demo', 'strong'), span(`  ${place.url}`), ...noted];
  return justified([...left, span('  Ctrl-C ends it', 'faint')], span(clock(seconds), 'strong'), width);
}

function headlineTone({ phase, isAnswering, judged }: DemoModel): Tone {
  const isBad = !isAnswering || (judged !== undefined && judged.mismatches.length > 0);
  return isBad ? 'bad' : (HEADLINE_TONES[phase] ?? 'plain');
}

function middleRows(model: DemoModel): Line[] {
  const verdict = verdictRows(model).slice(0, MOST_VERDICT_ROWS);
  const kept = verdict.length > 0 ? verdict.length : LEAST_OCCURRENCES;
  const causes = causeRows(model, MIDDLE_ROWS - kept);
  const left = MIDDLE_ROWS - causes.length - verdict.length;
  const latest = left === 0 ? [] : model.occurrences.slice(-left);
  const occurrences = latest.map(({ seconds, text, isBad }) => [
    span(`${clock(seconds).padStart(6)}  `, 'faint'),
    span(text, isBad ? 'bad' : 'plain'),
  ]);
  return [...causes, ...blank(left - occurrences.length), ...occurrences, ...verdict];
}

/** The most frequent ones; when they are too many, the last row sums up those that have none. */
function causeRows({ causes }: DemoModel, most: number): Line[] {
  const shown = causes.length <= most ? causes : causes.slice(0, most - 1);
  const hidden = causes.slice(shown.length);
  const counted = (devices: number, text: string): Line => [
    span(`${String(devices).padStart(6)}  `, 'strong'),
    span(text, 'bad'),
  ];
  const rows = shown.map(({ devices, text }) => counted(devices, text));
  if (hidden.length === 0) return rows;
  const devices = hidden.reduce((sum, cause) => sum + cause.devices, 0);
  return [...rows, counted(devices, `${hidden.length} other causes`)];
}

function verdictRows(model: DemoModel): Line[] {
  const isAgreed = model.judged?.mismatches.length === 0;
  return verdictWords(model).map((text) => [span(text, isAgreed ? 'good' : 'bad')]);
}

/** What to try next, as long as there is something to try it on. */
function endRows(model: DemoModel): Line[] {
  if (model.phase === 'lost') return blank(END_ROWS);
  return [
    [span('Try in another terminal:', 'strong')],
    ...commands(model).map((text) => [span(text)]),
    [span(whereabouts(model), 'faint')],
  ];
}

function blank(rows: number): Line[] {
  return Array.from({ length: rows }, () => []);
}

import type { WriteStream } from 'node:tty';
import type { DemoModel } from '../model';
import { plainLines } from './plain';
import { drawScreen, type Looks } from './screen';

/** Where the demo is seen. */
export interface Display {
  show: (model: DemoModel) => void;
  /** After the last `show`: what stays below it. */
  say: (lines: readonly string[]) => void;
}

const HOME = '\u001b[H';
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
const ERASE_SCREEN = '\u001b[2J';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const PLAIN_PAUSE_SECONDS = 1;

/** A screen on a terminal; plain lines in a pipe, a file, or a terminal that cannot move its cursor. */
export function displayOn(
  out: WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Display {
  const isScreen = out.isTTY && environment['TERM'] !== 'dumb';
  return isScreen ? new ScreenDisplay(out, environment) : new PlainDisplay(out);
}

/** Redraws in place, and follows when the window changes its size. */
class ScreenDisplay implements Display {
  private model: DemoModel | undefined;
  private drawn: string | undefined;
  private isOver = false;
  private readonly hasColours: boolean;
  private readonly hasBlocks: boolean;

  constructor(
    private readonly out: WriteStream,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.hasColours = (environment['NO_COLOR'] ?? '') === '' && out.hasColors({ ...environment });
    this.hasBlocks = isUtf8(environment);
    out.on('resize', () => this.redraw());
  }

  show(model: DemoModel): void {
    this.model = model;
    const frame = drawScreen(model, this.looks)
      .map((line) => line + ERASE_LINE)
      .join('\n');
    if (frame === this.drawn) return;
    const isFirst = this.drawn === undefined;
    this.drawn = frame;
    this.out.write((isFirst ? this.emptied() : '') + HOME + frame + ERASE_BELOW);
  }

  say(lines: readonly string[]): void {
    // The cursor still stands at the end of the last row.
    const start = this.isOver ? '' : '\n';
    this.isOver = true;
    this.out.write(start + lines.map((line) => `${line}\n`).join(''));
  }

  private get looks(): Looks {
    const { columns, rows } = this.out;
    return {
      columns: columns > 0 ? columns : DEFAULT_COLUMNS,
      rows: rows > 0 ? rows : DEFAULT_ROWS,
      hasColours: this.hasColours,
      hasBlocks: this.hasBlocks,
    };
  }

  /** What was on the screen is scrolled up, where it can still be read, instead of being erased. */
  private emptied(): string {
    return '\n'.repeat(this.looks.rows) + ERASE_SCREEN;
  }

  private redraw(): void {
    if (this.model === undefined || this.isOver) return;
    this.out.write(ERASE_SCREEN);
    this.drawn = '';
    this.show(this.model);
  }
}

/** Adds lines: at once when something turns, else once a second when something changed. */
class PlainDisplay implements Display {
  private before: DemoModel | undefined;

  constructor(private readonly out: WriteStream) {}

  show(model: DemoModel): void {
    const { before } = this;
    const isTurn = before?.phase !== model.phase;
    if (!isTurn && model.seconds - before.seconds < PLAIN_PAUSE_SECONDS) return;
    this.before = model;
    this.say(plainLines(before, model));
  }

  say(lines: readonly string[]): void {
    this.out.write(lines.map((line) => `${line}\n`).join(''));
  }
}

function isUtf8(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return /utf-?8/i.test(locale ?? '');
}

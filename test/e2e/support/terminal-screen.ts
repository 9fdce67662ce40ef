import type { TerminalSize } from './pseudo-terminal';

// eslint-disable-next-line no-control-regex -- escape codes are its business
const TOKEN = /\u001b\[(\d*)([A-Za-z])|\u001b\[([\d;]+)m|([\s\S])/gu;
// eslint-disable-next-line no-control-regex -- likewise
const FRAME = /\u001b\[H[^]*?\u001b\[J/g;

/** A terminal as far as the demo uses one: cursor home, erase line, screen or below, colours, and characters. */
export class TerminalScreen {
  /** A character was written beyond the last column: on a real terminal the drawing is broken from there on. */
  hasWrapped = false;
  /** It did not fit, and what was at the top is gone. */
  hasScrolled = false;
  private cells: string[][] = [];
  private row = 0;
  private column = 0;

  constructor(private readonly size: TerminalSize) {
    this.eraseFrom(0);
  }

  get lines(): string[] {
    return this.cells.map((cells) => cells.join('').trimEnd());
  }

  write(text: string): void {
    for (const [whole, argument = '', command, colour, character = ''] of text.matchAll(TOKEN)) {
      if (colour !== undefined || command === 'm') continue;
      if (command === undefined) this.put(character);
      else this.obey(`${argument}${command}`, whole);
    }
  }

  private obey(code: string, whole: string): void {
    switch (code) {
      case 'H':
        [this.row, this.column] = [0, 0];
        return;
      case 'K':
        this.cells[this.row]!.fill(' ', this.column);
        return;
      case 'J':
        this.cells[this.row]!.fill(' ', this.column);
        this.eraseFrom(this.row + 1);
        return;
      case '2J':
        this.eraseFrom(0);
        return;
      default:
        throw new Error(`a terminal may not know ${JSON.stringify(whole)}`);
    }
  }

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.feed();
    else if (character < ' ') throw new Error(`a control character: ${JSON.stringify(character)}`);
    else if (this.column >= this.size.columns) this.hasWrapped = true;
    else this.cells[this.row]![this.column++] = character;
  }

  private feed(): void {
    this.row += 1;
    if (this.row < this.size.rows) return;
    this.hasScrolled = true;
    this.row -= 1;
    this.cells.shift();
    this.cells.push(this.emptyRow());
  }

  private eraseFrom(first: number): void {
    for (let row = first; row < this.size.rows; row += 1) this.cells[row] = this.emptyRow();
  }

  private emptyRow(): string[] {
    return Array.from({ length: this.size.columns }, () => ' ');
  }
}

/** Every screen that was drawn, in order. Fails when one of them did not fit. */
export function screensOf(output: string, size: TerminalSize): string[][] {
  const screen = new TerminalScreen(size);
  return (output.match(FRAME) ?? []).map((frame) => {
    screen.write(frame);
    if (screen.hasWrapped || screen.hasScrolled)
      throw new Error(`a screen does not fit:\n${screen.lines.join('\n')}`);
    return screen.lines;
  });
}

import type { Figure } from './figures';

/** A table as text: the first row is its head, words stand left and numbers right. */
export type Cells = readonly (readonly string[])[];

/** As people read it on a terminal. */
export function aligned(cells: Cells): string {
  const widths = widthsOf(cells);
  return cells.map((row) => `${spaced(row, widths).join('  ').trimEnd()}\n`).join('');
}

/** The same as Markdown. */
export function markdown(cells: Cells): string {
  const [head = [], ...rows] = cells;
  const widths = widthsOf(cells);
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [head, rule, ...rows].map((row) => `| ${spaced(row, widths).join(' | ')} |\n`).join('');
}

/** A column that nobody has anything in says nothing. */
export function withoutEmptyColumns([head = [], ...rows]: Cells): Cells {
  const isKept = head.map((_cell, column) => rows.some((row) => row[column] !== ''));
  return [head, ...rows].map((row) => row.filter((_cell, column) => isKept[column]));
}

/** Empty for what a contestant has not. */
export function middle(figure: Figure | undefined, digits: number): string {
  return figure?.median.toFixed(digits) ?? '';
}

export function withSpread(figure: Figure | undefined, digits: number): string {
  if (figure === undefined) return '';
  const { median, least, most } = figure;
  if (least === most) return median.toFixed(digits);
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** Counts may be far below one: what arrives together shares a statement. */
export function count(value: number | undefined): string {
  return value?.toFixed(value < 1 ? 3 : 1) ?? '';
}

function widthsOf(cells: Cells): number[] {
  return (cells[0] ?? []).map((_cell, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
}

function spaced(row: readonly string[], widths: readonly number[]): string[] {
  return row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
}

import type { Findings } from './court';
import type { Spread } from './figures';

/** One line of a table: what was counted, and how much. */
export type Row = readonly [what: string, figure: string];

const SHOWN_FAULTS = 30;

export function spreadText({ times, least, median, most }: Spread): string {
  return `median ${median}, most ${most}, least ${least} (${times} times)`;
}

export function pairs(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).filter(([, count]) => count > 0);
  return named.length === 0 ? '-' : named.map(([name, count]) => `${name} ${count}`).join(', ');
}

/** The court's word as rows of a table. */
export function findingsRows(findings: Findings): Row[] {
  const { receipts, answers, unanswered, refusedInOutage, wrongAnswers } = findings;
  const { acknowledged, uncertain, takenUnheard, lost, twice, refusedYetLogged } = receipts;
  return [
    ['requests', `${findings.requests}; answers ${pairs(answers)}; ${unanswered} without an answer`],
    ['refused during outages', String(refusedInOutage)],
    ['reports with a mark', `${receipts.sent}: ${acknowledged} acknowledged, ${uncertain} uncertain`],
    ['  uncertain, but taken', String(takenUnheard)],
    ['  acknowledged and lost', String(lost)],
    ['  counted twice', String(twice)],
    ['  refused and counted', String(refusedYetLogged)],
    ['wrong answers (5xx ...)', String(wrongAnswers)],
    ['judged', `${findings.devices} devices, ${findings.actions} actions, ${findings.rollouts} rollouts`],
    ['faults', String(findings.faults.length)],
    ...findings.faults.slice(0, SHOWN_FAULTS).map((fault): Row => ['  !', fault]),
  ];
}

export function printTable(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(([what]) => what.length));
  const lines = rows.map(([what, figure]) => `  ${what.padEnd(width)}  ${figure}`);
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}

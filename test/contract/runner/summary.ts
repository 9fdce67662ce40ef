import { SECTIONS, type ContractCase, type Section } from './contract-case';
import type { Assertion } from './load';

/** How a case went. */
export interface Outcome {
  readonly id: string;
  readonly result: 'passed' | 'failed' | 'not expressible';
  /** Why it could not be replayed here. */
  readonly reason?: string;
}

/** What a run shows, for a person: the counts per section, the departures, what could not be replayed, what is covered. */
export function summaryOf(
  cases: readonly ContractCase[],
  assertions: readonly Assertion[],
  outcomes: readonly Outcome[],
): string {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const run = cases.filter(({ id }) => byId.has(id));
  const departing = run.filter(({ departs }) => departs !== undefined);
  const missing = outcomes.filter(({ result }) => result === 'not expressible');
  const unfit = assertions.filter(({ status }) => status === 'not-a-case');
  return [
    '',
    'The DDI contract',
    ...sectionLines(run, byId),
    ...titled(
      'Where Rookery departs from hawkBit',
      departing,
      ({ id, departs }) => `${id}: ${departs?.why ?? ''}`,
    ),
    ...titled('Not expressible on this server', missing, ({ id, reason }) => `${id}: ${reason ?? ''}`),
    ...titled('No case', unfit, ({ id, reason }) => `${id}: ${reason ?? ''}`),
    '',
    coverage(assertions, byId),
    total(outcomes),
    '',
  ].join('\n');
}

function sectionLines(run: readonly ContractCase[], byId: ReadonlyMap<string, Outcome>): string[] {
  return (Object.entries(SECTIONS) as [Section, string][]).flatMap(([letter, title]) => {
    const ids = run.map(({ id }) => id).filter((id) => id.startsWith(letter));
    if (ids.length === 0) return [];
    const passed = ids.filter((id) => byId.get(id)?.result === 'passed').length;
    return [
      `  ${letter} ${title.padEnd(24)} ${String(ids.length).padStart(3)} cases, ${String(passed).padStart(3)} passed`,
    ];
  });
}

function titled<T>(title: string, items: readonly T[], line: (item: T) => string): string[] {
  return items.length === 0
    ? []
    : ['', `${title} (${items.length}):`, ...items.map((item) => `  ${line(item)}`)];
}

function coverage(assertions: readonly Assertion[], byId: ReadonlyMap<string, Outcome>): string {
  const covered = assertions.filter(({ id }) => byId.get(id)?.result === 'passed').length;
  return `assertions of hawkBit's tests shown: ${covered} of ${assertions.length}`;
}

function total(outcomes: readonly Outcome[]): string {
  const count = (result: Outcome['result']): number =>
    outcomes.filter((outcome) => outcome.result === result).length;
  return `cases: ${outcomes.length}, ${count('passed')} passed, ${count('failed')} failed, ${count('not expressible')} not expressible`;
}

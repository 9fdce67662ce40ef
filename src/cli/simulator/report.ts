import { FAULTS, type Fault } from './fault';
import type { FleetSnapshot, SimulatedFleet } from './fleet';
import type { Verdict } from './judging/verdict';

/** One line on how the fleet stands; `before` and `seconds` tell the pace. */
export function statusLine(now: FleetSnapshot, before: FleetSnapshot | undefined, seconds: number): string {
  const states = Object.entries(now.byState)
    .filter(([, devices]) => devices > 0)
    .map(([state, devices]) => `${state} ${devices}`)
    .join(' · ');
  const pace = (total: number, earlier: number | undefined): number =>
    Math.round((total - (earlier ?? 0)) / Math.max(seconds, 0.001));
  return [
    states,
    `${now.actions} updates`,
    `${pace(now.requests, before?.requests)} requests/s`,
    `${pace(now.reports, before?.reports)} reports/s`,
    `errors ${now.wrongAnswers + now.complaints}`,
    ...(now.unanswered === 0 ? [] : [`unanswered ${now.unanswered}`]),
  ].join(' | ');
}

/** What happened on the whole, as printed at the end or as JSON. */
export interface Summary extends FleetSnapshot {
  readonly isSettled: boolean;
  readonly seconds: number;
  readonly rssBytes: number;
  readonly answers: Readonly<Record<string, number>>;
  /** Updates that each fault befell. */
  readonly faults: Readonly<Record<Fault, number>>;
  /** What the devices themselves last said about their updates. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly verdict: Verdict | undefined;
}

export function summarize(
  fleet: SimulatedFleet,
  run: { isSettled: boolean; seconds: number; rssBytes: number; verdict: Verdict | undefined },
): Summary {
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  const outcomes: Record<string, number> = {};
  for (const { actions } of fleet.oracle.devices.values()) {
    for (const action of actions.values()) {
      for (const fault of action.faults) faults[fault] += 1;
      const last = action.reports.findLast(({ status }) => status.startsWith('closed/'));
      const outcome = last === undefined ? 'open' : last.on === 'cancel' ? 'cancelled' : last.status;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  }
  const answers = Object.fromEntries([...fleet.traffic.byStatus].map(([status, n]) => [String(status), n]));
  return { ...fleet.snapshot(), ...run, answers, faults, outcomes };
}

/** The summary for people. */
export function summaryText(summary: Summary, seed: number): string {
  const { seconds, devices, isSettled, requests, reports, unanswered, unavailable, rssBytes } = summary;
  const lines = [
    `${devices} devices, ${seconds.toFixed(1)} s, seed ${seed}: ${isSettled ? 'all done' : 'stopped before all were done'}`,
    `  profiles  ${pairs(summary.byProfile)}`,
    `  states    ${pairs(summary.byState)}`,
    `  versions  ${pairs(summary.byVersion)}`,
    `  updates   ${summary.actions}: ${pairs(summary.outcomes)}`,
    `  faults    ${pairs(summary.faults)}`,
    `  traffic   ${requests} requests, ${reports} reports, ${unanswered} unanswered, ${unavailable} refused in an outage`,
    `  answers   ${pairs(summary.answers)}`,
    `  memory    ${Math.round(rssBytes / 2 ** 20)} MiB`,
  ];
  return [...lines, ...verdictLines(summary)].join('\n');
}

const MOST_MISMATCHES = 50;

function verdictLines({ verdict, wrongAnswers, complaints }: Summary): string[] {
  if (verdict === undefined) {
    return wrongAnswers + complaints === 0
      ? ['  oracle    not compared with the history: that needs --api-token']
      : [
          `  oracle    ${wrongAnswers} wrong answers, ${complaints} complaints; no history without --api-token`,
        ];
  }
  const { devices, actions, rollouts } = verdict.judged;
  const scope = `${devices} devices, ${actions} actions, ${rollouts} rollouts`;
  if (verdict.mismatches.length === 0) return [`  oracle    agrees with the history: ${scope}`];
  const shown = verdict.mismatches.slice(0, MOST_MISMATCHES);
  const rest = verdict.mismatches.length - shown.length;
  return [
    `  oracle    ${verdict.mismatches.length} mismatches in ${scope}`,
    ...shown.map(({ about, what }) => `    ${about}: ${what}`),
    ...(rest === 0 ? [] : [`    and ${rest} more`]),
  ];
}

function pairs(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).filter(([, count]) => count > 0);
  return named.length === 0 ? '-' : named.map(([name, count]) => `${name} ${count}`).join(', ');
}

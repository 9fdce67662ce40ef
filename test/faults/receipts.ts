import type { ActionTruth, Oracle, SentReport } from '../../src/cli/simulator/judging/oracle';
import { isUncertain } from '../../src/cli/simulator/judging/oracle';
import { ask } from './connection';

/** What became of the reports, one by one: each had a mark of its own. */
export interface Receipts {
  readonly sent: number;
  /** Answered with 200. */
  readonly acknowledged: number;
  /** Without an answer, or told to come back: they may have been taken or not. */
  readonly uncertain: number;
  /** Of the uncertain, those that had been taken. */
  readonly takenUnheard: number;
  /** Acknowledged and not in the log of their action. Has to be 0. */
  readonly lost: number;
  /** In the log more than once. Has to be 0. */
  readonly twice: number;
  /** Refused (404, 410 …) and logged all the same. Has to be 0. */
  readonly refusedYetLogged: number;
  readonly examples: readonly string[];
}

/** A report that a device sent, and the action it was about. */
export interface MarkedReport {
  readonly actionId: string;
  readonly report: SentReport;
}

interface LoggedMark {
  readonly mark: string;
  readonly action_id: string;
  readonly status: string;
}

const SHOWN = 10;

/** The marked reports of a fleet. Zephyr's carry no details and so no mark: the oracle judges those. */
export function markedReports(oracle: Oracle): MarkedReport[] {
  const actions = [...oracle.devices.values()].flatMap((device) => [...device.actions.values()]);
  return actions.flatMap(({ actionId, reports }: ActionTruth) =>
    reports.filter(({ mark }) => mark !== undefined).map((report) => ({ actionId, report })),
  );
}

/** Compares each report with the log entries that carry its mark. */
export async function compareReceipts(
  databaseUrl: string,
  reports: readonly MarkedReport[],
): Promise<Receipts> {
  const logged = await loggedMarks(databaseUrl);
  const counts = { lost: 0, twice: 0, refusedYetLogged: 0, takenUnheard: 0 };
  const examples: string[] = [];
  for (const { actionId, report } of reports) {
    const { mark = '', status, answer } = report;
    const times = logged.get(`${mark} ${actionId} ${status}`) ?? 0;
    const fault = faultOf(answer, times);
    if (fault !== undefined) {
      counts[fault] += 1;
      examples.push(
        `receipts: ${status} ${mark} of action ${actionId}, answered ${answer}: ${times} times in the log`,
      );
    } else if (isUncertain(answer)) counts.takenUnheard += times;
  }
  const acknowledged = reports.filter(({ report }) => report.answer === 200).length;
  const uncertain = reports.filter(({ report }) => isUncertain(report.answer)).length;
  return { sent: reports.length, acknowledged, uncertain, ...counts, examples: examples.slice(0, SHOWN) };
}

function faultOf(answer: number, times: number): 'lost' | 'twice' | 'refusedYetLogged' | undefined {
  if (times > 1) return 'twice';
  if (answer === 200) return times === 0 ? 'lost' : undefined;
  return times > 0 && !isUncertain(answer) ? 'refusedYetLogged' : undefined;
}

/** How often each mark was logged, by mark, action and status. */
async function loggedMarks(databaseUrl: string): Promise<Map<string, number>> {
  const rows = await ask<LoggedMark>(
    databaseUrl,
    `SELECT found[1] AS mark, action_id, status
       FROM action_log, unnest(messages) AS message, regexp_matches(message, '~\\w+~', 'g') AS found
      WHERE source = 'device'`,
  );
  const counts = new Map<string, number>();
  for (const { mark, action_id: actionId, status } of rows) {
    const key = `${mark} ${actionId} ${status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

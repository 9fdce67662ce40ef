import type { ShownAction, ShownDevice, ShownEntry } from './history';
import { isUncertain, type ActionTruth, type DeviceTruth, type SentReport } from './oracle';

/** Where what a device did and what the server says part ways. */
export interface Mismatch {
  readonly about: string;
  readonly what: string;
}

/** Ends that the server may come to by itself, whatever the device is doing. */
const SERVER_ENDS = ['cancelled', 'withdrawn', 'timed-out', 'lapsed', 'failed'];
const ENDED = new Set([...SERVER_ENDS, 'confirmed']);

/**
 * Judges one action by what the device did, what the server shows of it, and its log.
 * @param others what the device did in other actions for the same release: it may have installed that by one of them
 */
export function judgeAction(
  truth: ActionTruth,
  shown: ShownAction | undefined,
  log: readonly ShownEntry[],
  others: readonly ActionTruth[] = [],
): string[] {
  if (shown === undefined) return ['the server does not know an action that it offered'];
  const faults: string[] = [];
  const states = expectedStates(truth, shown, log);
  const expected = isProvenByVersion(shown, [truth, ...others]) ? [...states, 'confirmed'] : states;
  if (!expected.includes(shown.state))
    faults.push(`is ${shown.state}, but the device did what leads to ${expected.join(' or ')}`);
  if (truth.isFetched && shown.retrievedAt === undefined && !ENDED.has(shown.state))
    faults.push('was fetched, but the server does not know');
  return [...faults, ...judgeLog(truth, log)];
}

/** Every acknowledged report is in the log, in the order of sending, and none more often than it was sent. */
export function judgeLog(truth: ActionTruth, log: readonly ShownEntry[]): string[] {
  const entries = log.filter((entry) => entry.source === 'device').map((entry) => entry.status);
  const acknowledged = truth.reports.filter((report) => report.answer === 200);
  const faults: string[] = [];
  let at = 0;
  for (const { status } of acknowledged) {
    const found = entries.indexOf(status, at);
    if (found === -1) {
      faults.push(
        `${status} was acknowledged, but is not in the log where it belongs (${entries.join(', ')})`,
      );
      break;
    }
    at = found + 1;
  }
  for (const status of new Set(entries)) {
    const logged = count(entries, (entry) => entry === status);
    const sent = count(truth.reports, (report) => report.status === status && mayBeLogged(report));
    if (logged > sent) faults.push(`${status} is in the log ${logged} times, but was sent ${sent} times`);
  }
  return faults;
}

function mayBeLogged({ answer }: SentReport): boolean {
  return answer === 200 || isUncertain(answer);
}

/** The states that the action may be in, given the device's first terminal word that may have arrived. */
function expectedStates(truth: ActionTruth, shown: ShownAction, log: readonly ShownEntry[]): string[] {
  const isCancelled = log.some(({ source, status }) => source === 'server' && /^cancel/.test(status));
  const verdicts = possibleVerdicts(truth);
  const states = new Set<string>();
  for (const verdict of verdicts) {
    for (const state of afterVerdict(verdict, truth)) states.add(state);
    if (isCancelled) states.add('cancelled');
  }
  if (!verdicts.includes(undefined)) return [...states];
  return [...states, ...withoutVerdict(truth, shown)];
}

function afterVerdict(verdict: string | undefined, truth: ActionTruth): string[] {
  if (verdict === 'closed/failure') return ['failed'];
  if (verdict !== 'closed/success') return [];
  // Installed: it waits for the version to be reported. Lapsed: a success that nothing bears out.
  return [
    'confirmed',
    'installed',
    ...(truth.hasProof ? [] : ['lapsed']),
    ...(truth.isRolledBack ? ['failed'] : []),
  ];
}

/** The first acknowledged terminal word, and those sent before without an answer; undefined: perhaps none arrived. */
function possibleVerdicts(truth: ActionTruth): (string | undefined)[] {
  const verdicts: (string | undefined)[] = [];
  for (const report of truth.reports) {
    const { on, status, answer } = report;
    if (on !== 'deployment' || !status.startsWith('closed/') || !mayBeLogged(report)) continue;
    verdicts.push(status);
    if (answer === 200) return verdicts;
  }
  return [...verdicts, undefined];
}

function withoutVerdict(truth: ActionTruth, shown: ShownAction): string[] {
  const cancel = truth.reports.find(
    ({ on, status, answer }) => on === 'cancel' && status === 'closed/success' && answer === 200,
  );
  if (cancel !== undefined) return ['cancelled'];
  if (shown.endedBy === 'server') return SERVER_ENDS;
  const isCancelSent = truth.reports.some(({ on, answer }) => on === 'cancel' && isUncertain(answer));
  const open = ['offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'installed', 'cancelling'];
  return isCancelSent ? [...open, 'cancelled'] : open;
}

/** The server may confirm, by the version that the device tells, what the device installed and could not report. */
function isProvenByVersion(shown: ShownAction, truths: readonly ActionTruth[]): boolean {
  const isInstalled = truths.some((truth) => truth.installs > 0 && !truth.isRolledBack);
  return shown.state === 'confirmed' && shown.endedBy === 'server' && isInstalled;
}

/**
 * An action that the device never heard of cannot have got anywhere, but for one thing: the device runs its release already,
 * by one of `others`, and says so.
 */
export function judgeUnheard(shown: ShownAction, others: readonly ActionTruth[] = []): string[] {
  if (isProvenByVersion(shown, others)) return [];
  const isUntouched = ['queued', 'offered', 'withdrawn', 'lapsed', 'cancelled', 'cancelling'].includes(
    shown.state,
  );
  return isUntouched ? [] : [`is ${shown.state}, but the device never heard of it`];
}

/** A version that the device reported is the one that is shown. */
export function judgeVersion({ told, runs }: DeviceTruth, shown: ShownDevice | undefined): string[] {
  if (shown === undefined) return ['the server does not know the device'];
  const { installedVersion, isVersionReported } = shown;
  if (told.attributes === undefined && told.since.size === 0) return [];
  const possible = [...(told.attributes === undefined ? [] : [told.attributes]), ...told.since];
  if (installedVersion === undefined) {
    // Nothing certain: the only word was never acknowledged, or a success that lacked proof.
    return told.attributes === undefined ? [] : [`runs and reported ${runs}, but is shown without a version`];
  }
  if (!possible.includes(installedVersion))
    return [`is shown with ${installedVersion}, but told ${possible.join(' or ')}; it runs ${runs}`];
  return told.isCertain && !isVersionReported ? [`reported ${runs}, but the server calls that a belief`] : [];
}

/** What a rollout's counters must be: its devices by the state of their latest action in it. */
export function countFromHistory(
  rolloutId: string,
  histories: Iterable<readonly ShownAction[]>,
): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const actions of histories) {
    const latest = actions.find((action) => action.rolloutId === rolloutId);
    if (latest !== undefined) counters[latest.state] = (counters[latest.state] ?? 0) + 1;
  }
  return counters;
}

function count<T>(items: readonly T[], matches: (item: T) => boolean): number {
  return items.reduce((sum, item) => sum + (matches(item) ? 1 : 0), 0);
}

import type { ActionEvent } from '../../modules/actions/action';
import { LogFullError } from '../../modules/actions/actions.errors';
import type { Report } from '../../modules/updates/reports.service';
import { UnreadableBodyError } from './ddi-error';
import { mendFeedback } from './mend-feedback';

/** hawkBit's words (contract 1.7). */
const EXECUTIONS = [
  'closed',
  'proceeding',
  'canceled',
  'scheduled',
  'rejected',
  'resumed',
  'downloaded',
  'download',
] as const;
type Execution = (typeof EXECUTIONS)[number];
const FINISHED = ['success', 'failure', 'none'] as const;
type Finished = (typeof FINISHED)[number];

/** A feedback body that was understood. */
export interface Feedback {
  readonly execution: Execution;
  readonly finished: Finished;
  readonly code: number | undefined;
  readonly details: readonly string[];
}

/** More details in one feedback is 429 with hawkBit; no known client sends more than 48. */
const MAX_DETAILS = 50;

/** Reads a feedback body, mending what SWUpdate is known to break. @throws UnreadableBodyError saying what is wrong */
export function parseFeedback(text: string): Feedback {
  const status = record(field(parseJson(text), 'status'), 'status');
  const result = record(field(status, 'result'), 'status.result');
  return {
    execution: word(EXECUTIONS, field(status, 'execution'), 'status.execution'),
    finished: word(FINISHED, field(result, 'finished'), 'status.result.finished'),
    code: codeOf(field(status, 'code')),
    details: detailsOf(field(status, 'details')),
  };
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text), 'the body');
  } catch (error) {
    if (error instanceof UnreadableBodyError) throw error;
    const mended = mendFeedback(text);
    if (mended === undefined) throw new UnreadableBodyError('The body is not JSON.');
    return record(mended, 'the body');
  }
}

function field(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UnreadableBodyError(`${name} must be an object.`);
}

function word<const T extends string>(words: readonly T[], value: unknown, name: string): T {
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) throw new UnreadableBodyError(`${name} must be one of ${words.join(', ')}.`);
  return found;
}

function codeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
  throw new UnreadableBodyError('status.code must be a whole number.');
}

/** A list of strings; one bare string counts as a list of it (contract 1.7). */
function detailsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.filter((item) => item !== '');
  }
  throw new UnreadableBodyError('status.details must be a list of strings.');
}

const DEPLOYMENT_EVENTS: Readonly<Record<Exclude<Execution, 'closed'>, ActionEvent>> = {
  proceeding: 'progress',
  scheduled: 'progress',
  resumed: 'progress',
  download: 'begin-download',
  downloaded: 'finish-download',
  canceled: 'remark',
  rejected: 'remark',
};

/** Feedback on a deployment in our words: closed with success or none is success (contract 1.7). @throws LogFullError */
export function deploymentReport(feedback: Feedback, actionId: string): Report {
  const { execution, finished } = bounded(feedback, actionId);
  if (execution !== 'closed') return { event: DEPLOYMENT_EVENTS[execution], entry: entryOf(feedback) };
  return { event: finished === 'failure' ? 'fail' : 'succeed', entry: entryOf(feedback) };
}

/** Feedback on a cancel (contract 1.8): only closed and rejected decide anything. @throws LogFullError */
export function cancelReport(feedback: Feedback, actionId: string): Report {
  const { execution, finished } = bounded(feedback, actionId);
  const refuses = execution === 'rejected' || (execution === 'closed' && finished === 'failure');
  const acknowledges = execution === 'closed' && !refuses;
  const event = refuses ? 'refuse-cancel' : acknowledges ? 'acknowledge-cancel' : 'remark';
  return { event, entry: entryOf(feedback) };
}

function bounded(feedback: Feedback, actionId: string): Feedback {
  if (feedback.details.length > MAX_DETAILS) throw new LogFullError(actionId, MAX_DETAILS);
  return feedback;
}

function entryOf({ execution, finished, code, details }: Feedback): Report['entry'] {
  const status = execution === 'closed' ? `closed/${finished}` : execution;
  return { source: 'device', status, code, messages: details };
}

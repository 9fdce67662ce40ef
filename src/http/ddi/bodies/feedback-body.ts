import type { ActionEvent } from '../../../modules/actions/action/action';
import type { Report } from '../../../modules/updates/reports/reports.service';
import { codeOf, detailsOf, field, record, word } from './body-fields';

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

/** Understands a feedback body. @throws UnreadableBodyError saying what is wrong */
export function parseFeedback(body: unknown): Feedback {
  const status = record(field(record(body, 'the body'), 'status'), 'status');
  const result = record(field(status, 'result'), 'status.result');
  return {
    execution: word(EXECUTIONS, field(status, 'execution'), 'status.execution'),
    finished: word(FINISHED, field(result, 'finished'), 'status.result.finished'),
    code: codeOf(field(status, 'code')),
    details: detailsOf(field(status, 'details')),
  };
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

/** Feedback on a deployment in our words: closed with success or none is success (contract 1.7). */
export function deploymentReport(feedback: Feedback): Report {
  const { execution, finished } = feedback;
  if (execution !== 'closed') return { event: DEPLOYMENT_EVENTS[execution], entry: entryOf(feedback) };
  return { event: endOf(finished, feedback.details), entry: entryOf(feedback) };
}

/** What SWUpdate calls a success although it installed nothing: it was told to skip, or the offer turned into a cancel. */
const SKIPPED = /^\s*skipped update\.?\s*$/i;

function endOf(finished: Finished, details: readonly string[]): 'succeed' | 'skip' | 'fail' {
  if (finished === 'failure') return 'fail';
  return details.some((detail) => SKIPPED.test(detail)) ? 'skip' : 'succeed';
}

/** Feedback on a cancel (contract 1.8): only closed and rejected decide anything. */
export function cancelReport(feedback: Feedback): Report {
  const { execution, finished } = feedback;
  const refuses = execution === 'rejected' || (execution === 'closed' && finished === 'failure');
  const acknowledges = execution === 'closed' && !refuses;
  const event = refuses ? 'refuse-cancel' : acknowledges ? 'acknowledge-cancel' : 'remark';
  return { event, entry: entryOf(feedback) };
}

function entryOf({ execution, finished, code, details }: Feedback): Report['entry'] {
  const status = execution === 'closed' ? `closed/${finished}` : execution;
  return { source: 'device', status, code, messages: details };
}

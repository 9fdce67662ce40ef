import type { Answer } from './answer-reader';
import type { RowChange } from './journal';
import { quoted, standingOf, wordsOf, type Exchanged } from './plea';
import type { Mutant } from './request';

/** Something that must not be. */
export interface Fault {
  /** The request that did it; undefined when that cannot be told. */
  readonly mutant: Mutant | undefined;
  readonly what: string;
}

/** Rows that changed without a right to it. */
export interface Intrusion {
  /** The requests that name the device, one of which may have done it. */
  readonly suspects: readonly Mutant[];
  readonly what: string;
}

/** Signs of a page that was made for people, or of our insides. */
const INSIDES = /<html|<!doctype|node_modules|\bat .{1,200}:\d+:\d+\)|(?:Syntax|Type|Range|URI)Error/i;

/** What is wrong with the answers to one request, whatever it was. */
export function faultsOf({ mutant, outcome }: Exchanged): Fault[] {
  const faults = outcome.answers.flatMap((answer) => wrongsOf(answer));
  if (outcome.unsound !== undefined) faults.push(outcome.unsound);
  else if (outcome.ending === 'hung') faults.push('no answer and no end within 10 s');
  else if (outcome.answers.length === 0 && mutant.framing === 'exact')
    faults.push(`the connection was ${outcome.ending} without an answer`);
  if (outcome.answers.length > 1 && mutant.framing === 'exact') faults.push('more answers than requests');
  return faults.map((what) => ({ mutant, what }));
}

function wrongsOf({ status, headers, body }: Answer): string[] {
  const type = headers.get('content-type') ?? '';
  const faults: string[] = [];
  if (status >= 500) faults.push(`answered ${status}`);
  if (type.includes('html')) faults.push(`answered ${status} with a page for people`);
  if (status >= 400 && INSIDES.test(body.toString('latin1')))
    faults.push(`answered ${status} and told of our insides`);
  if (type.includes('json') && body.length > 0 && !isJson(body))
    faults.push(`answered ${status} with what is no JSON`);
  return faults;
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Rows that nobody had a right to change. In a batch each device has one request of its own; so whatever is written about a
 * device has to be due to a request that names it and was not refused. What is about no device in particular no request of a
 * device may change, except what `sharedRelations` names, which changes with whatever was accepted.
 */
export function intrusions(
  batch: readonly Exchanged[],
  changes: readonly RowChange[],
  sharedRelations: readonly string[],
): Intrusion[] {
  if (changes.length === 0) return [];
  const entitled = batch.filter((one) => standingOf(one) !== 'refused').map(({ mutant }) => wordsOf(mutant));
  const unlawful = changes.filter(({ relation, owner }) =>
    owner === undefined
      ? entitled.length === 0 || !sharedRelations.includes(relation)
      : !entitled.some((words) => words.includes(owner)),
  );
  const owners = new Set(unlawful.map(({ owner }) => owner));
  return [...owners].map((owner) => {
    const rows = unlawful.filter((row) => row.owner === owner);
    const what = [...new Set(rows.map(({ relation, operation }) => `${operation} ${relation}`))].join(', ');
    const suspects = batch.filter(({ mutant }) => owner !== undefined && wordsOf(mutant).includes(owner));
    const answers = suspects.map(({ outcome }) => outcome.answers.map(({ status }) => status).join('+'));
    const words = `${what} of ${owner ?? 'no device'}, though answered ${answers.join(', ') || 'by nobody'}`;
    return { suspects: suspects.map(({ mutant }) => mutant), what: words };
  });
}

export function faultText({ mutant, what }: Fault): string {
  if (mutant === undefined) return what;
  const { id, route, mutations } = mutant;
  return `request ${id} (${route}; ${mutations.join('; ') || 'sound'}): ${what}: ${quoted(mutant)}`;
}

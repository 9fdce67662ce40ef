import type { Directive } from '../../../modules/updates/polls/polls.service';
import { clockSpanText } from '../../../platform/calendar/clock-span';

/** By their seconds, of which a day has not many; nearly every poll is told one of two or three. */
const SLEEP_TEXTS = new Map<number, string>();

/** `HH:MM:SS`, zero-padded, from a second to below 24 h: SWUpdate, RAUC's updater and Zephyr fail on anything else. */
export function sleepText(intervalMs: number): string {
  const seconds = Math.min(Math.max(Math.round(intervalMs / 1000), 1), 86_399);
  const known = SLEEP_TEXTS.get(seconds);
  if (known !== undefined) return known;
  const text = clockSpanText(seconds * 1000);
  SLEEP_TEXTS.set(seconds, text);
  return text;
}

const RELATIONS = { update: 'deploymentBase', confirm: 'confirmationBase', cancel: 'cancelAction' } as const;

/**
 * The answer to a root poll (contract 1.3). `_links` is absent when there is nothing to offer; the cancel link carries
 * no query, since SWUpdate appends `/feedback` to it as it stands.
 */
export function pollBody(sleep: string, resourceUrl: string, directive: Directive): string {
  const links: string[] = [];
  if (directive.kind !== 'idle' && directive.actionId !== undefined) {
    const relation = RELATIONS[directive.kind];
    const query = directive.kind === 'cancel' ? '' : `?c=${directive.tag ?? 0}`;
    links.push(link(relation, `${resourceUrl}/${relation}/${directive.actionId}${query}`));
  }
  if (directive.installedActionId !== undefined)
    links.push(link('installedBase', `${resourceUrl}/installedBase/${directive.installedActionId}`));
  if (directive.wantsAttributes) links.push(link('configData', `${resourceUrl}/configData`));
  const tail = links.length === 0 ? '' : `,"_links":{${links.join(',')}}`;
  return `{"config":{"polling":{"sleep":"${sleep}"}}${tail}}`;
}

function link(relation: string, href: string): string {
  return `"${relation}":{"href":${JSON.stringify(href)}}`;
}

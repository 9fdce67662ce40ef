import type { Directive } from '../../modules/updates/polls.service';

/** `HH:MM:SS`, zero-padded, below 24 h: SWUpdate, RAUC's updater and Zephyr fail on anything else. */
export function sleepText(intervalMs: number): string {
  const seconds = Math.min(Math.max(Math.round(intervalMs / 1000), 1), 86_399);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/**
 * The answer to a root poll (contract 1.3). `_links` is absent when there is nothing to offer; the cancel link carries
 * no query, since SWUpdate appends `/feedback` to it as it stands.
 */
export function pollBody(sleep: string, resourceUrl: string, directive: Directive): string {
  const links: string[] = [];
  if (directive.kind !== 'idle' && directive.actionId !== undefined) {
    const relation = directive.kind === 'cancel' ? 'cancelAction' : 'deploymentBase';
    links.push(
      `"${relation}":${JSON.stringify({ href: `${resourceUrl}/${relation}/${directive.actionId}` })}`,
    );
  }
  if (directive.wantsAttributes)
    links.push(`"configData":${JSON.stringify({ href: `${resourceUrl}/configData` })}`);
  const tail = links.length === 0 ? '' : `,"_links":{${links.join(',')}}`;
  return `{"config":{"polling":{"sleep":"${sleep}"}}${tail}}`;
}

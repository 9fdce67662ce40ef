/** What a DDI path names, as the device wrote it. */
export interface DdiPath {
  /** Echoed in links in the device's own spelling; Zephyr compares it. */
  readonly tenant: string;
  readonly controllerId: string;
}

/** What the path of a report on a deployment names. */
export interface ReportPath extends DdiPath {
  readonly actionId: string;
}

const POLL_PATH = /^\/([^/?]+)\/controller\/v1\/([^/?]+)(?:\?.*)?$/;
const REPORT_PATH = /^\/([^/?]+)\/controller\/v1\/([^/?]+)\/deploymentBase\/([^/?]+)\/feedback(?:\?.*)?$/;

/** The names in a root poll's URL (contract E1), or undefined when the URL is another one or cannot be decoded. */
export function parsePollPath(url: string): DdiPath | undefined {
  const [tenant, controllerId] = namesIn(POLL_PATH, url) ?? [];
  return tenant === undefined || controllerId === undefined ? undefined : { tenant, controllerId };
}

/** The same for feedback on a deployment (contract E6). */
export function parseReportPath(url: string): ReportPath | undefined {
  const [tenant, controllerId, actionId] = namesIn(REPORT_PATH, url) ?? [];
  if (tenant === undefined || controllerId === undefined || actionId === undefined) return undefined;
  return { tenant, controllerId, actionId };
}

function namesIn(path: RegExp, url: string): string[] | undefined {
  const names = path.exec(url)?.slice(1);
  // Most ids need no decoding; the check is cheaper than the call.
  if (names === undefined || !url.includes('%')) return names;
  try {
    return names.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

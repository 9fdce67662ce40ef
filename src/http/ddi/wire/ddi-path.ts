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

/** Anywhere in the URL: Express finds a path in more spellings than are worth telling apart, and letter case is none to it. */
const DEVICE_URL = /[/\\]controller[/\\]v1(?:[/\\?#]|$)/i;
const DOWNLOAD_URL = /^\/[^/?]+\/controller\/v1\/[^/?]+\/softwaremodules\//i;

/** Whether a request with this URL comes from a device, or may. */
export function isDeviceUrl(url: string): boolean {
  return DEVICE_URL.test(url);
}

/** Whether a device fetches an artifact by this URL. */
export function isDownloadUrl(url: string): boolean {
  return DOWNLOAD_URL.test(url);
}

/** `{base}/{tenant}/controller/v1/{controllerId}`: what every link of a device begins with. */
export function deviceUrl(baseUrl: string, path: DdiPath): string {
  return `${baseUrl}/${encodeURIComponent(path.tenant)}/controller/v1/${encodeURIComponent(path.controllerId)}`;
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

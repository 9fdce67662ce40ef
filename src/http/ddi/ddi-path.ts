/** What a DDI path names, as the device wrote it. */
export interface DdiPath {
  /** Echoed in links in the device's own spelling; Zephyr compares it. */
  readonly tenant: string;
  readonly controllerId: string;
}

const POLL_PATH = /^\/([^/?]+)\/controller\/v1\/([^/?]+)(?:\?.*)?$/;

/** The names in a root poll's URL (contract E1), or undefined when the URL is another one or cannot be decoded. */
export function parsePollPath(url: string): DdiPath | undefined {
  const match = POLL_PATH.exec(url);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  // Most ids need no decoding; the check is cheaper than the call.
  if (!url.includes('%')) return { tenant: match[1], controllerId: match[2] };
  try {
    return { tenant: decodeURIComponent(match[1]), controllerId: decodeURIComponent(match[2]) };
  } catch {
    return undefined;
  }
}

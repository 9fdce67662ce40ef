/** The programs that speak DDI on devices, as far as we tell them apart; `unknown` is taken at the contract's word. */
export const CLIENTS = ['swupdate', 'rauc', 'zephyr', 'esp', 'hawkbit-rs', 'unknown'] as const;
export type Client = (typeof CLIENTS)[number];
export type RecognisedClient = Exclude<Client, 'unknown'>;

/** What of a request gives a client away; header names in lower case. */
export interface ClientHeaders {
  readonly 'user-agent'?: string | undefined;
  /** A header that no standard knows and SWUpdate sends with everything. */
  readonly charsets?: string | string[] | undefined;
}

const NAMES: readonly (readonly [RegExp, RecognisedClient])[] = [
  [/^swupdate\b/i, 'swupdate'],
  [/^rauc-hawkbit-updater\b/i, 'rauc'],
  [/^rookery-esp32-agent\b/i, 'esp'],
  [/^hawkbit-rs\b/i, 'hawkbit-rs'],
  [/^zephyr\b/i, 'zephyr'],
];

/**
 * The client that sent a request. Undefined when nothing gives it away: somebody who looks at a device's links with curl
 * does not make another client of it.
 */
export function clientOfHeaders(headers: ClientHeaders): RecognisedClient | undefined {
  const userAgent = headers['user-agent'];
  if (userAgent === undefined) return undefined;
  // The name that libcurl's own examples use; only with the odd header it is SWUpdate's.
  if (userAgent === 'libcurl-agent/1.0') return headers.charsets === undefined ? undefined : 'swupdate';
  return NAMES.find(([name]) => name.test(userAgent))?.[1];
}

/**
 * The client that wrote a configData body, for those that send no User-Agent: hawkbit-rs writes `mode: null`, and all that
 * Zephyr tells of itself is a VIN that its controllerId ends with.
 */
export function clientOfConfigData(body: unknown, controllerId: string): RecognisedClient | undefined {
  const fields = fieldsOf(body);
  if (fields?.get('mode') === null) return 'hawkbit-rs';
  return fields?.get('mode') === 'merge' && isVinOf(controllerId, fieldsOf(fields.get('data')))
    ? 'zephyr'
    : undefined;
}

function isVinOf(controllerId: string, attributes: ReadonlyMap<string, unknown> | undefined): boolean {
  const vin = attributes?.get('VIN');
  return attributes?.size === 1 && typeof vin === 'string' && vin !== '' && controllerId.endsWith(vin);
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

/** What is known of a device: an operator's word stands above what it was recognised as. */
export function clientOf(row: {
  readonly set_client: Client | null;
  readonly reported_client: RecognisedClient | null;
}): Client {
  return row.set_client ?? row.reported_client ?? 'unknown';
}

/** What a device says about an action, before its client puts it into its own words. */
export interface Report {
  readonly execution: 'closed' | 'proceeding' | 'downloaded' | 'rejected';
  readonly finished: 'none' | 'success' | 'failure';
  readonly details?: readonly string[];
  readonly progress?: { readonly cnt: number; readonly of: number };
  readonly code?: number;
}

/** How the server's log names the report. */
export function statusOf({ execution, finished }: Report): string {
  return execution === 'closed' ? `closed/${finished}` : execution;
}

export type DeviceAttributes = Readonly<Record<string, string>>;

/**
 * `YYYYMMDDTHHMMSS` of a device's clock: like one without a battery it counts from the day its firmware was built, since
 * a server must not trust it.
 */
export function deviceTime(sinceBuildMs: number): string {
  const iso = new Date(BUILT_MS + sinceBuildMs).toISOString();
  return iso.slice(0, 19).replaceAll(/[-:]/g, '');
}

const BUILT_MS = Date.UTC(2020, 0, 1);

/** SWUpdate writes its JSON by hand: the details are pasted in as they are, and may break it. */
export function swupdateFeedback(id: string, time: string, report: Report): string {
  const { execution, finished, details = [], progress } = report;
  const counted =
    progress === undefined ? '' : `"progress": { "cnt" : ${progress.cnt}, "of" : ${progress.of} }, `;
  const pasted = details.map((line) => `"${line}"`).join(',');
  return (
    `{ "id": ${id}, "time": "${time}", "status": { "result": { ${counted}"finished": "${finished}" }, ` +
    `"execution": "${execution}", "details" : [ ${pasted} ] } }`
  );
}

/** `mode` came with later versions than 2022.12. */
export function swupdateConfigData(time: string, attributes: DeviceAttributes, mode?: 'replace'): string {
  const written = Object.entries(attributes).map(([name, value]) => `"${name}": "${value}"`);
  return (
    `{ "id": "", "time": "${time}", ${mode === undefined ? '' : `"mode": "${mode}", `}"status": { "result": ` +
    `{ "finished": "success" }, "execution": "closed", "details" : [ "" ] }, "data" : {  ${written.join(',')} } }`
  );
}

export function raucFeedback(id: string, time: string, report: Report): string {
  const { execution, finished, details = [] } = report;
  return JSON.stringify({ id, time, status: { result: { finished }, execution, details } });
}

export function raucConfigData(time: string, attributes: DeviceAttributes): string {
  const status = { result: { finished: 'success' }, execution: 'closed' };
  return JSON.stringify({ time, status, data: attributes });
}

/** Zephyr tells the outcome and nothing else. */
export function zephyrFeedback({ execution, finished }: Report): string {
  return JSON.stringify({ status: { execution, result: { finished } } });
}

export function zephyrConfigData(attributes: DeviceAttributes): string {
  return JSON.stringify({ mode: 'merge', data: attributes });
}

export function espFeedback(id: string, report: Report): string {
  const { execution, finished, details = [], progress, code } = report;
  const result = { finished, ...(progress === undefined ? {} : { progress }) };
  const status = { execution, result, ...(code === undefined ? {} : { code }), details };
  return JSON.stringify({ id, status });
}

export function espConfigData(attributes: DeviceAttributes): string {
  return JSON.stringify({ mode: 'merge', data: attributes });
}

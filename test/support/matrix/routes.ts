/** Whom the server takes the sender of a request for. */
export type Standing = 'in' | 'waiting' | 'refused' | 'stranger';

/** What stands in a path of the matrix for an id that exists. */
export interface Ids {
  readonly action: string;
  readonly module: string;
  readonly file: string;
}

export interface Route {
  readonly method: string;
  /** Below the device, with `{action}`, `{module}` and `{file}`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expected: Readonly<Record<Standing, number>>;
}

type More = Partial<Pick<Route, 'headers' | 'body'>> & {
  /** What a device that waits is told, if not the same. */
  readonly waiting?: number;
};

/** Who is not authentic gets 401 and who is not wanted 403, whatever it asks; the table tells only of the others. */
function route(method: string, path: string, admitted: number, more: More = {}): Route {
  const { waiting = admitted, ...rest } = more;
  return { method, path, expected: { in: admitted, waiting, refused: 403, stranger: 401 }, ...rest };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const feedback = (status: object): More => ({ body: JSON.stringify({ status }), headers: JSON_TYPE });
const REPORT = feedback({ execution: 'proceeding', result: { finished: 'none' }, details: [] });
const CONSENT = { body: JSON.stringify({ confirmation: 'confirmed' }), headers: JSON_TYPE };
const ATTRIBUTES = { body: JSON.stringify({ data: { board: 'b' } }), headers: JSON_TYPE };
const SOFTWARE = { body: JSON.stringify({ name: 'nothing', version: '0' }), headers: JSON_TYPE };
const TEXT = { body: 'x', headers: { 'Content-Type': 'text/plain' } };
const PICTURE = { headers: { Accept: 'image/png' } };

const FILES = '/softwaremodules/{module}/artifacts';

/** Every path of DDI, with the methods that it takes, with others, and with ids that there are not. */
export const ROUTES: readonly Route[] = [
  route('GET', '', 200),
  route('HEAD', '', 200),
  route('GET', '', 406, PICTURE),
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => route(method, '', 405)),
  route('GET', '/', 405),
  route('PUT', '/configData', 200, ATTRIBUTES),
  route('PUT', '/configData', 415, TEXT),
  route('GET', '/configData', 405),
  route('GET', '/deploymentBase/{action}', 200, { waiting: 404 }),
  route('HEAD', '/deploymentBase/{action}', 200, { waiting: 404 }),
  route('GET', '/deploymentBase/{action}', 406, { ...PICTURE, waiting: 404 }),
  route('PUT', '/deploymentBase/{action}', 405),
  route('GET', '/deploymentBase/999999', 404),
  route('HEAD', '/deploymentBase/999999', 404),
  route('GET', '/deploymentBase', 404),
  route('POST', '/deploymentBase/{action}/feedback', 200, { ...REPORT, waiting: 404 }),
  route('POST', '/deploymentBase/{action}/feedback', 415, { ...TEXT, waiting: 404 }),
  route('POST', '/deploymentBase/999999/feedback', 404, REPORT),
  route('GET', '/deploymentBase/{action}/feedback', 405),
  route('GET', '/cancelAction/{action}', 404),
  route('POST', '/cancelAction/{action}/feedback', 405, { ...REPORT, waiting: 404 }),
  route('POST', '/cancelAction/999999/feedback', 404, REPORT),
  route('DELETE', '/cancelAction/{action}', 405),
  route('GET', '/installedBase/{action}', 404),
  route('PUT', '/installedBase', 404, SOFTWARE),
  route('PUT', '/installedBase', 415, { ...TEXT, waiting: 404 }),
  route('POST', '/installedBase', 405),
  route('GET', '/confirmationBase', 200),
  route('HEAD', '/confirmationBase', 200),
  route('GET', '/confirmationBase/{action}', 404),
  route('POST', '/confirmationBase/999999/feedback', 404, CONSENT),
  route('POST', '/confirmationBase/activateAutoConfirm', 200, { waiting: 404 }),
  route('POST', '/confirmationBase/deactivateAutoConfirm', 200, { waiting: 404 }),
  route('DELETE', '/confirmationBase', 405),
  route('GET', FILES, 200, { waiting: 404 }),
  route('GET', `${FILES}/{file}`, 200, { waiting: 404 }),
  route('HEAD', `${FILES}/{file}`, 200, { waiting: 404 }),
  route('GET', `${FILES}/{file}.MD5SUM`, 200, { waiting: 404 }),
  route('GET', `${FILES}/nothing.bin`, 404),
  route('GET', '/softwaremodules/999999/artifacts', 404),
  route('PUT', `${FILES}/{file}`, 405),
  route('GET', '/softwaremodules', 404),
  route('GET', '/nothing', 404),
  route('POST', '/nothing/at/all', 404, TEXT),
  route('GET', '/token', 405),
  // Last, since it changes what lets the device in.
  route('POST', '/token', 200, { waiting: 403 }),
];

export function pathOf({ path }: Route, ids: Ids): string {
  return path.replace(/\{(action|module|file)\}/g, (_match, name: keyof Ids) => ids[name]);
}

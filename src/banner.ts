import { portOf } from './listening';
import type { Settings } from './platform/config/settings';
import type { Rookery } from './rookery';

/** What `npm start` tells the person in front of it: where it is, the first secrets, and what to try next. */
export function banner(rookery: Rookery, settings: Settings): string {
  const { firstCredentials: first, credentialsFile } = rookery;
  const [url = '', ...others] = addresses(rookery, settings);
  const lines = [
    '',
    `Rookery listens on ${[url, ...others].join(' and ')}`,
    `Data is kept in ${settings.dataDir}`,
    '',
  ];
  if (first === undefined) {
    lines.push(`The credentials of the first start are in ${credentialsFile}, unless you moved them.`, '');
  } else {
    lines.push(
      'Shown this once, and kept in a file that only you can read:',
      `  ${credentialsFile}`,
      `  administrator   ${first.administrator}`,
      `  password        ${first.password}`,
      `  API token       ${first.apiToken}`,
      `  gateway token   ${first.gatewayToken}     (for devices)`,
      '',
    );
  }
  const apiToken = first?.apiToken ?? '<API token>';
  const gatewayToken = first?.gatewayToken ?? '<gateway token>';
  lines.push(
    'Try next:',
    `  curl -H "Authorization: GatewayToken ${gatewayToken}" ${url}/DEFAULT/controller/v1/my-first-device`,
    `  curl -H "Authorization: Bearer ${apiToken}" ${url}/api/v1/devices`,
    `  curl -H "Authorization: Bearer ${apiToken}" -F file=@update.swu ${url}/api/v1/releases`,
    '',
    '',
  );
  return lines.join('\n');
}

function addresses({ app, tls }: Rookery, { publicUrl, plainHttp }: Settings): string[] {
  if (publicUrl !== undefined) return [publicUrl];
  const plain = plainHttp === 'on' ? [`http://localhost:${portOf(app.getHttpServer())}`] : [];
  return tls === undefined ? plain : [...plain, `https://localhost:${portOf(tls.server)}`];
}

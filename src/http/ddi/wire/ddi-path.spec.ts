import { isDeviceUrl, isDownloadUrl, parsePollPath, parseReportPath } from './ddi-path';

describe('parsePollPath', () => {
  it.each([
    ['/DEFAULT/controller/v1/device-1', 'DEFAULT', 'device-1'],
    ['/default/controller/v1/device-1?x=1', 'default', 'device-1'],
    ['/DEFAULT/controller/v1/device-1?', 'DEFAULT', 'device-1'],
    ['/DEFAULT/controller/v1/a%20b%2Fc', 'DEFAULT', 'a b/c'],
    ['/DEFAULT/controller/v1/Ger%C3%A4t', 'DEFAULT', 'Gerät'],
    ['/a%2Db/controller/v1/c', 'a-b', 'c'],
    ['/DEFAULT/controller/v1/a+b', 'DEFAULT', 'a+b'],
    ['/DEFAULT/controller/v1/configData', 'DEFAULT', 'configData'],
  ])('reads %s', (url, tenant, controllerId) => {
    expect(parsePollPath(url)).toEqual({ tenant, controllerId });
  });

  it.each([
    '',
    '/',
    '/controller/v1/device-1',
    '//controller/v1/device-1',
    '/DEFAULT/controller/v1/',
    '/DEFAULT/controller/v1',
    '/DEFAULT/controller/v1/device-1/',
    '/DEFAULT/controller/v1/device-1/configData',
    '/DEFAULT/controller/v2/device-1',
    '/DEFAULT/CONTROLLER/v1/device-1',
    '/api/v1/devices',
    '/DEFAULT/controller/v1/?a',
    '/DEFAULT/controller/v1/%',
    '/DEFAULT/controller/v1/%C3',
    '/%E0%A4%A/controller/v1/device-1',
    'http://localhost/DEFAULT/controller/v1/device-1',
  ])('finds no root poll in %j', (url) => {
    expect(parsePollPath(url)).toBeUndefined();
  });

  it('comes to an end of a URL far longer than Node lets in', () => {
    expect(
      parsePollPath(`/${'a'.repeat(1_000_000)}/controller/v1/${'b/'.repeat(1_000_000)}`),
    ).toBeUndefined();
  });
});

describe('parseReportPath', () => {
  it.each([
    ['/DEFAULT/controller/v1/device-1/deploymentBase/7/feedback', 'device-1', '7'],
    ['/DEFAULT/controller/v1/device-1/deploymentBase/7/feedback?x=1', 'device-1', '7'],
    ['/DEFAULT/controller/v1/a%20b%2Fc/deploymentBase/7/feedback', 'a b/c', '7'],
    ['/DEFAULT/controller/v1/feedback/deploymentBase/not-a-number/feedback', 'feedback', 'not-a-number'],
  ])('reads %s', (url, controllerId, actionId) => {
    expect(parseReportPath(url)).toEqual({ tenant: 'DEFAULT', controllerId, actionId });
  });

  it.each([
    '/DEFAULT/controller/v1/device-1',
    '/DEFAULT/controller/v1/device-1/deploymentBase/7',
    '/DEFAULT/controller/v1/device-1/deploymentBase//feedback',
    '/DEFAULT/controller/v1/device-1/cancelAction/7/feedback',
    '/DEFAULT/controller/v1/device-1/deploymentBase/7/feedback/8',
    '/DEFAULT/controller/v1/device-1/deploymentBase/%/feedback',
  ])('finds no report in %j', (url) => {
    expect(parseReportPath(url)).toBeUndefined();
  });
});

describe('isDeviceUrl', () => {
  it.each([
    '/DEFAULT/controller/v1/device-1',
    '/DEFAULT/controller/v1/',
    '/DEFAULT/controller/v1',
    '/default/Controller/V1/device-1/configData?x=1',
    'http://localhost/DEFAULT/controller/v1/device-1',
    '/DEFAULT\\controller/v1\\device-1#',
    '/api/controller/v1/device-1',
  ])('knows %s', (url) => {
    expect(isDeviceUrl(url)).toBe(true);
  });

  it.each(['/', '/api/v1/devices', '/healthz', '/api/v1/devices/controller', '/DEFAULT/controller/v10/x'])(
    'leaves %s alone',
    (url) => {
      expect(isDeviceUrl(url)).toBe(false);
    },
  );
});

describe('isDownloadUrl', () => {
  it.each([
    '/DEFAULT/controller/v1/device-1/softwaremodules/7/artifacts/a.bin',
    '/DEFAULT/controller/v1/device-1/softwaremodules/7/artifacts/a.bin.MD5SUM',
  ])('knows %s', (url) => {
    expect(isDownloadUrl(url)).toBe(true);
  });

  it.each([
    '/DEFAULT/controller/v1/softwaremodules/deploymentBase/7',
    '/DEFAULT/controller/v1/device-1?/softwaremodules/',
    '/DEFAULT/controller/v1/device-1/deploymentBase/softwaremodules/',
    '/DEFAULT/controller/v1/softwaremodules/',
  ])('is not taken in by %s', (url) => {
    expect(isDownloadUrl(url)).toBe(false);
  });
});

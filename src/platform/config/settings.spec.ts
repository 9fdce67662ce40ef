import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readSettings, SettingsError, unknownVariables } from './settings';

function problemsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  const TLS = { ROOKERY_TLS_CERT: 'a.crt', ROOKERY_TLS_KEY: 'a.key' };

  it.each([
    [{ ROOKERY_TLS_CERT: 'a.crt' }, 'ROOKERY_TLS_CERT needs ROOKERY_TLS_KEY'],
    [{ ROOKERY_TLS_KEY: 'a.key' }, 'ROOKERY_TLS_KEY needs ROOKERY_TLS_CERT'],
    [
      { ROOKERY_PLAIN_HTTP: 'off' },
      'ROOKERY_PLAIN_HTTP is off, so ROOKERY_TLS_CERT and ROOKERY_TLS_KEY are needed',
    ],
    [
      { ...TLS, ROOKERY_TLS_PORT: '8080' },
      'ROOKERY_TLS_PORT is the same as ROOKERY_PORT, where there is no TLS',
    ],
    [{ ...TLS, ROOKERY_PLAIN_HTTP: 'no' }, 'ROOKERY_PLAIN_HTTP must be one of on, off, not "no"'],
  ])('refuses doors that do not go together: %j', (environment, problem) =>
    expect(problemsOf(environment)).toEqual([problem]),
  );

  it('lets TLS have the port of plain HTTP when there is none', () => {
    const ports = { ROOKERY_PORT: '443', ROOKERY_TLS_PORT: '443' };
    expect(problemsOf({ ...TLS, ...ports, ROOKERY_PLAIN_HTTP: 'off' })).toEqual([]);
  });

  it('needs nothing to be set', () => {
    expect(readSettings({})).toEqual({
      port: 8080,
      tlsPort: 8443,
      plainHttp: 'on',
      dataDir: resolve('data'),
      databasePool: 10,
      migrate: 'empty',
      trustedProxies: [],
      pollIntervalMs: 300_000,
      pollIntervalMinMs: 30_000,
      ddiReadsPerSecond: 200,
      ddiWritesPerSecond: 50,
      ddiExempt: expect.arrayContaining(['127.0.0.0/8', '10.0.0.0/8', '::1', 'fc00::/7']) as string[],
      ddiBlocked: [],
      ddiFailuresPerDevice: 30,
      ddiFailuresPerNetwork: 600,
      apiFailuresPerNetwork: 60,
      ddiOpen: 'off',
      storage: 'disk',
      s3Region: 'us-east-1',
      s3Prefix: '',
      s3PathStyle: true,
      s3Encryption: 'none',
      linkExpiryMs: 900_000,
      accelPrefix: '/_rookery/',
      uploadMaxBytes: 4_294_967_296,
      uploadIdleMs: 86_400_000,
      scrubBytesPerSecond: 8_388_608,
      scrubEveryMs: 2_592_000_000,
      certificateHeaders: 'current',
      outboundAllow: [],
      logLevel: 'info',
    });
  });

  it('takes an empty variable for one that is not set', () => {
    const environment = { ROOKERY_PORT: '', ROOKERY_PUBLIC_URL: '', ROOKERY_DATABASE_URL: '' };
    expect(readSettings(environment)).toEqual(readSettings({}));
  });

  it('reads every setting', () => {
    const settings = readSettings({
      ROOKERY_PORT: '0',
      ROOKERY_HOST: '127.0.0.1',
      ROOKERY_TLS_CERT: '/etc/tls/tls.crt',
      ROOKERY_TLS_KEY: '/etc/tls/tls.key',
      ROOKERY_TLS_PORT: '443',
      ROOKERY_PLAIN_HTTP: 'off',
      ROOKERY_DATA_DIR: '/var/lib/rookery',
      ROOKERY_DATABASE_URL: 'postgresql://u:p@db:5432/rookery',
      ROOKERY_DATABASE_POOL: '20',
      ROOKERY_MIGRATE: 'never',
      ROOKERY_PUBLIC_URL: 'https://updates.example.com/base//',
      ROOKERY_TRUSTED_PROXIES: '10.0.0.0/8, ::1  192.0.2.1',
      ROOKERY_POLL_INTERVAL: '1h',
      ROOKERY_POLL_INTERVAL_MIN: '1s',
      ROOKERY_DDI_READS_PER_SECOND: '0',
      ROOKERY_DDI_WRITES_PER_SECOND: '5',
      ROOKERY_DDI_EXEMPT: '198.51.100.0/24 2001:db8::/32',
      ROOKERY_DDI_BLOCKED: '192.0.2.1',
      ROOKERY_DDI_FAILURES_PER_DEVICE: '3',
      ROOKERY_DDI_FAILURES_PER_NETWORK: '0',
      ROOKERY_API_FAILURES_PER_NETWORK: '9',
      ROOKERY_DDI_OPEN: 'on',
      ROOKERY_STORAGE: 's3',
      ROOKERY_S3_ENDPOINT: 'https://s3.example.com/',
      ROOKERY_S3_PUBLIC_ENDPOINT: 'http://files.example.com:9000',
      ROOKERY_S3_REGION: 'eu-central-1',
      ROOKERY_S3_BUCKET: 'artifacts.example',
      ROOKERY_S3_PREFIX: '/one/two',
      ROOKERY_S3_PATH_STYLE: 'off',
      ROOKERY_S3_ACCESS_KEY: 'key',
      ROOKERY_S3_SECRET_KEY: 's'.repeat(8),
      ROOKERY_S3_ENCRYPTION: 'sse-kms:a/key',
      ROOKERY_LINK_EXPIRY: '1h',
      ROOKERY_ACCEL_PREFIX: '/files/of/rookery/',
      ROOKERY_UPLOAD_MAX: '64MiB',
      ROOKERY_OUTBOUND_ALLOW: '10.1.0.0/16, fd00::1',
      ROOKERY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      ROOKERY_UPLOAD_IDLE: '1h',
      ROOKERY_SCRUB_RATE: '0',
      ROOKERY_SCRUB_EVERY: '1d',
      ROOKERY_LOG_LEVEL: 'debug',
      ROOKERY_BOOTSTRAP_TOKEN: 't'.repeat(20),
      ROOKERY_BOOTSTRAP_GATEWAY_TOKEN: 'g'.repeat(20),
    });
    expect(settings).toEqual({
      port: 0,
      host: '127.0.0.1',
      tlsCert: '/etc/tls/tls.crt',
      tlsKey: '/etc/tls/tls.key',
      tlsPort: 443,
      plainHttp: 'off',
      dataDir: '/var/lib/rookery',
      databaseUrl: 'postgresql://u:p@db:5432/rookery',
      databasePool: 20,
      migrate: 'never',
      publicUrl: 'https://updates.example.com/base',
      trustedProxies: ['10.0.0.0/8', '::1', '192.0.2.1'],
      pollIntervalMs: 3_600_000,
      pollIntervalMinMs: 1000,
      ddiReadsPerSecond: 0,
      ddiWritesPerSecond: 5,
      ddiExempt: ['198.51.100.0/24', '2001:db8::/32'],
      ddiBlocked: ['192.0.2.1'],
      ddiFailuresPerDevice: 3,
      ddiFailuresPerNetwork: 0,
      apiFailuresPerNetwork: 9,
      ddiOpen: 'on',
      storage: 's3',
      s3Endpoint: 'https://s3.example.com',
      s3PublicEndpoint: 'http://files.example.com:9000',
      s3Region: 'eu-central-1',
      s3Bucket: 'artifacts.example',
      s3Prefix: 'one/two/',
      s3PathStyle: false,
      s3AccessKey: 'key',
      s3SecretKey: 's'.repeat(8),
      s3Encryption: 'sse-kms:a/key',
      linkExpiryMs: 3_600_000,
      accelPrefix: '/files/of/rookery/',
      uploadMaxBytes: 67_108_864,
      uploadIdleMs: 3_600_000,
      scrubBytesPerSecond: 0,
      scrubEveryMs: 86_400_000,
      certificateHeaders: 'current',
      outboundAllow: ['10.1.0.0/16', 'fd00::1'],
      secretKey: Buffer.alloc(32, 7),
      logLevel: 'debug',
      bootstrapToken: 't'.repeat(20),
      bootstrapGatewayToken: 'g'.repeat(20),
    });
  });

  it('names all that S3 lacks at once, and what is wrong with the rest only once', () => {
    expect(problemsOf({ ROOKERY_STORAGE: 's3' })).toEqual([
      'ROOKERY_S3_ENDPOINT is needed when ROOKERY_STORAGE is s3',
      'ROOKERY_S3_BUCKET is needed when ROOKERY_STORAGE is s3',
      'ROOKERY_S3_ACCESS_KEY is needed when ROOKERY_STORAGE is s3',
      'ROOKERY_S3_SECRET_KEY is needed when ROOKERY_STORAGE is s3',
    ]);
    const problems = problemsOf({
      ROOKERY_STORAGE: 's3',
      ROOKERY_S3_ENDPOINT: 'https://s3.example.com/bucket',
      ROOKERY_S3_PUBLIC_ENDPOINT: 's3.example.com',
      ROOKERY_S3_BUCKET: 'Not_A_Bucket',
      ROOKERY_S3_PREFIX: 'a/../b',
      ROOKERY_S3_PATH_STYLE: 'yes',
      ROOKERY_S3_ACCESS_KEY_FILE: '/not/there',
      ROOKERY_S3_SECRET_KEY: 'short',
      ROOKERY_S3_ENCRYPTION: 'sse-c',
      ROOKERY_S3_CA: '/not/there',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'ROOKERY_S3_ENDPOINT',
      'ROOKERY_S3_PUBLIC_ENDPOINT',
      'ROOKERY_S3_BUCKET',
      'ROOKERY_S3_PREFIX',
      'ROOKERY_S3_PATH_STYLE',
      'ROOKERY_S3_ACCESS_KEY',
      'ROOKERY_S3_SECRET_KEY',
      'ROOKERY_S3_ENCRYPTION',
      'ROOKERY_S3_CA',
    ]);
    expect(problems.join()).not.toContain('short');
  });

  it('can exempt nobody from the limits, or more than the private networks', () => {
    expect(readSettings({ ROOKERY_DDI_EXEMPT: 'none' }).ddiExempt).toEqual([]);
    const usual = readSettings({}).ddiExempt;
    expect(readSettings({ ROOKERY_DDI_EXEMPT: 'private,192.0.2.1' }).ddiExempt).toEqual([
      ...usual,
      '192.0.2.1',
    ]);
    expect(readSettings({ ROOKERY_DDI_EXEMPT: '' }).ddiExempt).toEqual(readSettings({}).ddiExempt);
  });

  it.each([undefined, '0.0.0.0', '::', '10.0.0.7', '127.example.org'])(
    'lets devices in without a credential on a loopback address only, and so not on %s',
    (host) => {
      const problem =
        'ROOKERY_DDI_OPEN is "on", so ROOKERY_HOST has to be a loopback address such as 127.0.0.1';
      expect(problemsOf({ ROOKERY_DDI_OPEN: 'on', ROOKERY_HOST: host })).toEqual([problem]);
      for (const loopback of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
        expect(problemsOf({ ROOKERY_DDI_OPEN: 'on', ROOKERY_HOST: loopback })).toEqual([]);
    },
  );

  it('cannot be changed afterwards', () => {
    const settings = readSettings({});
    expect(Object.isFrozen(settings)).toBe(true);
    expect(() => Object.assign(settings, { port: 1 })).toThrow(TypeError);
  });

  it('names all that is wrong at once', () => {
    const problems = problemsOf({
      ROOKERY_PORT: '80a',
      ROOKERY_DATABASE_URL: 'mysql://db',
      ROOKERY_LOG_LEVEL: 'loud',
      ROOKERY_POLL_INTERVAL: '5',
      ROOKERY_BOOTSTRAP_TOKEN: 'short',
    });
    expect(problems).toEqual([
      'ROOKERY_PORT must be a whole number from 0 to 65535, not "80a"',
      'ROOKERY_DATABASE_URL must look like postgres://user:password@host:5432/database',
      'ROOKERY_POLL_INTERVAL must be a duration such as 30s, 5m or 1h, not "5"',
      'ROOKERY_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, not "loud"',
      'ROOKERY_BOOTSTRAP_TOKEN must have at least 20 characters',
    ]);
    expect(new SettingsError(problems).message).toContain(`\n  - ${problems[4]}`);
  });

  it.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '8080 '],
    ['PORT', '1e3'],
    ['PORT', 'tcp://10.0.0.1:8080'],
    ['DATABASE_POOL', '1'],
    ['DATABASE_POOL', '201'],
    ['MIGRATE', 'always'],
    ['PUBLIC_URL', 'updates.example.com'],
    ['PUBLIC_URL', 'ftp://updates.example.com'],
    ['TRUSTED_PROXIES', 'proxy.internal'],
    ['TRUSTED_PROXIES', '10.0.0.0/'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['POLL_INTERVAL', '24h'],
    ['POLL_INTERVAL', '5constructor'],
    ['POLL_INTERVAL_MIN', '999ms'],
    ['DDI_READS_PER_SECOND', '-1'],
    ['DDI_WRITES_PER_SECOND', '1.5'],
    ['DDI_EXEMPT', 'none, 10.0.0.0/8'],
    ['DDI_EXEMPT', 'privately'],
    ['DDI_BLOCKED', 'none'],
    ['DDI_BLOCKED', '10.0.0.0/40'],
    ['UPLOAD_MAX', '0B'],
    ['UPLOAD_MAX', '4GB'],
    ['OUTBOUND_ALLOW', 'intranet.example.com'],
    ['SECRET_KEY', 'too short'],
    ['SECRET_KEY', Buffer.alloc(31).toString('base64')],
  ])('refuses ROOKERY_%s=%s', (name, value) => {
    expect(problemsOf({ [`ROOKERY_${name}`]: value })).toEqual([
      expect.stringMatching(new RegExp(`^ROOKERY_${name} `)),
    ]);
  });

  it('refuses an interval below its own floor', () => {
    expect(problemsOf({ ROOKERY_POLL_INTERVAL: '10s' })).toEqual([
      'ROOKERY_POLL_INTERVAL is shorter than ROOKERY_POLL_INTERVAL_MIN',
    ]);
    expect(problemsOf({ ROOKERY_POLL_INTERVAL: '10s', ROOKERY_POLL_INTERVAL_MIN: '10s' })).toEqual([]);
  });

  it('keeps secrets out of what it says', () => {
    const text = problemsOf({
      ROOKERY_DATABASE_URL: 'mysql://user:hunter2@db',
      ROOKERY_BOOTSTRAP_TOKEN: 'hunter2',
      ROOKERY_SECRET_KEY: 'hunter2',
    }).join();
    expect(text).not.toContain('hunter2');
  });
});

describe('a secret in a file', () => {
  let folder = '';
  const file = (content: string): string => {
    const path = join(folder, 'secret');
    writeFileSync(path, content);
    return path;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rookery-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read without the newline at its end', () => {
    const settings = readSettings({
      ROOKERY_DATABASE_URL_FILE: file('postgres://u:p@db/rookery\n'),
      ROOKERY_BOOTSTRAP_TOKEN_FILE: file('postgres://u:p@db/rookery\n'),
    });
    expect(settings.databaseUrl).toBe('postgres://u:p@db/rookery');
    expect(settings.bootstrapToken).toBe('postgres://u:p@db/rookery');
  });

  it('gives way to the variable itself', () => {
    const environment = {
      ROOKERY_BOOTSTRAP_TOKEN: 'direct'.repeat(4),
      ROOKERY_BOOTSTRAP_TOKEN_FILE: file('x'.repeat(20)),
    };
    expect(readSettings(environment).bootstrapToken).toBe('direct'.repeat(4));
  });

  it('is checked like the variable', () => {
    expect(problemsOf({ ROOKERY_BOOTSTRAP_TOKEN_FILE: file('') })).toEqual([
      'ROOKERY_BOOTSTRAP_TOKEN must have at least 20 characters',
    ]);
  });

  it('is missed by name', () => {
    expect(problemsOf({ ROOKERY_BOOTSTRAP_TOKEN_FILE: join(folder, 'nowhere') })).toEqual([
      'ROOKERY_BOOTSTRAP_TOKEN cannot be read from the file that ROOKERY_BOOTSTRAP_TOKEN_FILE names',
    ]);
  });
});

describe('unknownVariables', () => {
  it('finds what is misspelt, and files for what is no secret', () => {
    const environment = {
      ROOKERY_PROT: '1',
      ROOKERY_PORT_FILE: 'x',
      ROOKERY_PORT: '1',
      ROOKERY_DATABASE_URL_FILE: 'x',
      HOME: '/root',
      rookery_port: '1',
    };
    expect(unknownVariables(environment)).toEqual(['ROOKERY_PROT', 'ROOKERY_PORT_FILE']);
  });

  it('leaves those of the tests and of container platforms alone', () => {
    const environment = {
      ROOKERY_TEST_DATABASE_URL: 'x',
      ROOKERY_TIER: 'unit',
      ROOKERY_SERVICE_HOST: '10.0.0.1',
      ROOKERY_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
    };
    expect(unknownVariables(environment)).toEqual([]);
  });
});

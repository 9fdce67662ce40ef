import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseSecretKey } from '../secrets/secret-key';
import { parseDurationMs, parseSizeBytes } from './units';

/** One setting: how its text becomes a value, what it is without one, and the sentence `.env.example` shows. */
export interface SettingRule<T> {
  readonly variable: string;
  readonly fallback: string | undefined;
  readonly meaning: string;
  readonly isSecret?: boolean;
  /** Returns the value, or throws an Error whose message completes "ROOKERY_X …". */
  readonly parse: (text: string) => T;
}

const rule = <T>(
  variable: string,
  fallback: string | undefined,
  meaning: string,
  parse: (text: string) => T,
): SettingRule<T> => ({ variable: `ROOKERY_${variable}`, fallback, meaning, parse });

const secret = (variable: string, meaning: string, leastLength: number): SettingRule<string> => ({
  ...rule(variable, undefined, `${meaning} (or its path in ROOKERY_${variable}_FILE)`, (text) => {
    if (text.length < leastLength) throw new Error(`must have at least ${leastLength} characters`);
    return text;
  }),
  isSecret: true,
});

const text = (value: string): string => value;

const integer =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new Error(`must be a whole number from ${least} to ${most}, not "${value}"`);
    }
    return number;
  };

const duration =
  (leastMs: number, mostMs: number) =>
  (value: string): number => {
    const ms = parseDurationMs(value);
    if (ms === undefined) throw new Error(`must be a duration such as 30s, 5m or 1h, not "${value}"`);
    if (ms < leastMs || ms > mostMs) {
      throw new Error(`must lie between ${leastMs / 1000}s and ${mostMs / 1000}s, not ${value}`);
    }
    return ms;
  };

const size = (value: string): number => {
  const bytes = parseSizeBytes(value);
  if (bytes === undefined || bytes === 0)
    throw new Error(`must be a size such as 64MiB or 4GiB, not "${value}"`);
  return bytes;
};

const oneOf =
  <const T extends string>(...words: T[]) =>
  (value: string): T => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}, not "${value}"`);
    return word;
  };

const httpUrl = (value: string): string => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`must be an http(s) address such as https://updates.example.com, not "${value}"`);
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new Error('must hold neither a user, a query nor a fragment: every link begins with it');
  }
  return value.replace(/\/+$/, '');
};

const postgresUrl = (value: string): string => {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new Error('must look like postgres://user:password@host:5432/database');
  }
  return value;
};

/** IP addresses and CIDR ranges, separated by commas or blanks. */
const addresses = (value: string): string[] => {
  const items = value.split(/[\s,]+/).filter((item) => item !== '');
  for (const item of items) {
    const [address = '', prefix = '0', ...rest] = item.split('/');
    const longest = isIP(address) === 6 ? 128 : 32;
    const isRange = rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
    if (isIP(address) === 0 || !isRange)
      throw new Error(`names "${item}", which is no IP address or CIDR range`);
  }
  return items;
};

const secretKey = (value: string): Buffer => {
  const key = parseSecretKey(value);
  if (key === undefined)
    throw new Error('must be 32 bytes in base64, as "openssl rand -base64 32" makes them');
  return key;
};

/** Loopback, private and link-local networks, as hawkBit's white list has them. */
const PRIVATE_RANGES =
  '127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 ::1 fc00::/7 fe80::/10';

/** The same, and two words: an empty variable counts as one that is not set, so nobody has to be written as well. */
const addressesOrWords = (value: string): string[] =>
  value === 'none' ? [] : addresses(value.replaceAll(/(?<![^\s,])private(?![^\s,])/g, PRIVATE_RANGES));

/** Only scheme, host and port: what follows is the bucket's. */
const s3Endpoint = (value: string): string => {
  const url = httpUrl(value);
  if (new URL(url).pathname !== '/') throw new Error('must end with its host or port, without a path');
  return url;
};

const bucketName = (value: string): string => {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value)) {
    throw new Error(`must be the name of a bucket (3 to 63 of a-z, 0-9, "." and "-"), not "${value}"`);
  }
  return value;
};

/** Empty, or ending with a slash. */
const keyPrefix = (value: string): string => {
  const folders = value.split('/').filter((folder) => folder !== '');
  if (!folders.every((folder) => /^[A-Za-z0-9_.-]+$/.test(folder) && !/^\.+$/.test(folder))) {
    throw new Error(`must be folders of letters, digits, "_", "." and "-", not "${value}"`);
  }
  return folders.map((folder) => `${folder}/`).join('');
};

/** Letters that mean themselves in a path, so that a web server reads them as they are written. */
const pathPrefix = (value: string): string => {
  if (!/^\/([A-Za-z0-9_-]+\/)+$/.test(value))
    throw new Error(`must be a path of letters, digits, "_" and "-" between slashes, not "${value}"`);
  return value;
};

const onOff = (value: string): boolean => oneOf('on', 'off')(value) === 'on';

const s3Encryption = (value: string): string => {
  if (value === 'none' || value === 'sse-s3' || /^sse-kms:[\x21-\x7e]{1,256}$/.test(value)) return value;
  throw new Error(`must be none, sse-s3 or sse-kms:<key id>, not "${value}"`);
};

/** What the file holds: certificates as PEM. */
const certificates = (path: string): string => {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    throw new Error(`names the file ${path}, which cannot be read`);
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`names ${path}, which holds no certificate`);
  return pem;
};

/** Every setting there is. `.env.example` is tested against this table. */
export const SETTING_RULES = {
  port: rule('PORT', '8080', 'TCP port for devices and people alike', integer(0, 65_535)),
  host: rule('HOST', undefined, 'address to listen on; all IPv4 and IPv6 addresses when unset', text),
  tlsCert: rule(
    'TLS_CERT',
    undefined,
    'PEM file of the certificate by which Rookery itself speaks TLS, with those between it and its root; read again when it changes',
    text,
  ),
  tlsKey: rule('TLS_KEY', undefined, 'PEM file of its key, not encrypted; read again when it changes', text),
  tlsPort: rule('TLS_PORT', '8443', 'TCP port for TLS, used when there is a certificate', integer(0, 65_535)),
  plainHttp: rule(
    'PLAIN_HTTP',
    'on',
    '"off": no HTTP without TLS; there has to be a certificate',
    oneOf('on', 'off'),
  ),
  dataDir: rule(
    'DATA_DIR',
    './data',
    'folder of the embedded Postgres, the artifacts and the first credentials',
    text,
  ),
  databaseUrl: {
    ...rule(
      'DATABASE_URL',
      undefined,
      'a Postgres 15 to 18 of your own instead of the embedded one',
      postgresUrl,
    ),
    isSecret: true,
  },
  databasePool: rule('DATABASE_POOL', '10', 'connections to Postgres at most, per process', integer(2, 200)),
  migrate: rule(
    'MIGRATE',
    'empty',
    'your own Postgres: "empty" sets up an empty database only, "auto" also upgrades, "never" does neither',
    oneOf('empty', 'auto', 'never'),
  ),
  publicUrl: rule(
    'PUBLIC_URL',
    undefined,
    'address under which devices reach this server; from the request when unset',
    httpUrl,
  ),
  trustedProxies: rule(
    'TRUSTED_PROXIES',
    '',
    'addresses or CIDR ranges of reverse proxies whose X-Forwarded-* headers count, and those about certificates',
    addresses,
  ),
  certificateHeaders: rule(
    'CERTIFICATE_HEADERS',
    'current',
    'headers in which those proxies tell of certificates: "current" (X-Controller-Id, X-Authority) or "legacy" (X-Ssl-Client-Cn, X-Ssl-Issuer-Hash-1, before hawkBit 1.0)',
    oneOf('current', 'legacy'),
  ),
  pollIntervalMs: rule(
    'POLL_INTERVAL',
    '5m',
    'how long a device sleeps between polls',
    duration(1000, 86_399_000),
  ),
  pollIntervalMinMs: rule(
    'POLL_INTERVAL_MIN',
    '30s',
    'no poll interval is ever shorter',
    duration(1000, 86_399_000),
  ),
  ddiReadsPerSecond: rule(
    'DDI_READS_PER_SECOND',
    '200',
    'requests that one address of devices may send in a second to read, downloads apart; 0: any number',
    integer(0, 1_000_000),
  ),
  ddiWritesPerSecond: rule(
    'DDI_WRITES_PER_SECOND',
    '50',
    'the same for requests that report something',
    integer(0, 1_000_000),
  ),
  ddiExempt: rule(
    'DDI_EXEMPT',
    'private',
    'addresses or CIDR ranges of devices that may send any number; "private" are all networks of that kind, "none" is nobody',
    addressesOrWords,
  ),
  ddiBlocked: rule(
    'DDI_BLOCKED',
    '',
    'addresses or CIDR ranges whose requests to the device API are refused',
    addresses,
  ),
  uploadIdleMs: rule(
    'UPLOAD_IDLE',
    '24h',
    'an upload that pauses for longer is given up, and what came of it is removed',
    duration(1000, 30 * 86_400_000),
  ),
  scrubBytesPerSecond: rule(
    'SCRUB_RATE',
    '8MiB',
    'bytes in a second at which stored files are read again to see that they are whole, per process; 0: never',
    (value) => (value === '0' ? 0 : size(value)),
  ),
  scrubEveryMs: rule(
    'SCRUB_EVERY',
    '720h',
    'how long a stored file that was whole is trusted before it is read again',
    duration(60_000, 3650 * 86_400_000),
  ),
  ddiFailuresPerDevice: rule(
    'DDI_FAILURES_PER_DEVICE',
    '30',
    'wrong credentials for one device that one network may send in a minute; 0: any number',
    integer(0, 1_000_000),
  ),
  ddiFailuresPerNetwork: rule(
    'DDI_FAILURES_PER_NETWORK',
    '600',
    'the same for all devices together',
    integer(0, 1_000_000),
  ),
  apiFailuresPerNetwork: rule(
    'API_FAILURES_PER_NETWORK',
    '60',
    'wrong passwords and API tokens that one network may send in a minute; 0: any number',
    integer(0, 1_000_000),
  ),
  ddiOpen: rule(
    'DDI_OPEN',
    'off',
    '"on" lets devices on this machine in without any credential, for a bench; needs a loopback ROOKERY_HOST',
    oneOf('off', 'on'),
  ),
  storage: rule(
    'STORAGE',
    'disk',
    'where the bytes of artifacts lie: "disk" is the data folder, "s3" a bucket',
    oneOf('disk', 's3'),
  ),
  s3Endpoint: rule('S3_ENDPOINT', undefined, 'address of the S3 service, without a bucket', s3Endpoint),
  s3PublicEndpoint: rule(
    'S3_PUBLIC_ENDPOINT',
    undefined,
    'its address as devices reach it; the same when unset',
    s3Endpoint,
  ),
  s3Region: rule('S3_REGION', 'us-east-1', 'region of the bucket', text),
  s3Bucket: rule('S3_BUCKET', undefined, 'the bucket, which must exist', bucketName),
  s3Prefix: rule('S3_PREFIX', '', 'folder within the bucket', keyPrefix),
  s3PathStyle: rule(
    'S3_PATH_STYLE',
    'on',
    '"on": the bucket is part of the path, "off": of the host name',
    onOff,
  ),
  s3AccessKey: secret('S3_ACCESS_KEY', 'access key of the bucket', 3),
  s3SecretKey: secret('S3_SECRET_KEY', 'secret key that belongs to it', 8),
  s3Encryption: rule(
    'S3_ENCRYPTION',
    'none',
    'encryption that the S3 service is asked for: none, sse-s3 or sse-kms:<key id>',
    s3Encryption,
  ),
  s3Ca: rule(
    'S3_CA',
    undefined,
    'file with the certificate of a private authority that vouches for the S3 service',
    certificates,
  ),
  linkExpiryMs: rule(
    'LINK_EXPIRY',
    '15m',
    'how long an address in the bucket is good that a device is redirected to',
    duration(60_000, 12 * 3_600_000),
  ),
  accelPrefix: rule(
    'ACCEL_PREFIX',
    '/_rookery/',
    'where the web server in front has the stored files, for tenants whose delivery is "accel"',
    pathPrefix,
  ),
  uploadMaxBytes: rule('UPLOAD_MAX', '4GiB', 'the largest file that a release may hold', size),
  outboundAllow: rule(
    'OUTBOUND_ALLOW',
    '',
    'private addresses or CIDR ranges from which releases may be fetched by URL; public ones always may',
    addresses,
  ),
  secretKey: {
    ...rule(
      'SECRET_KEY',
      undefined,
      'seals stored credentials, 32 bytes in base64 (or its path in ROOKERY_SECRET_KEY_FILE); made in the data folder when unset',
      secretKey,
    ),
    isSecret: true,
  },
  logLevel: rule(
    'LOG_LEVEL',
    'info',
    'least severe log line to print',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
  ),
  bootstrapToken: secret('BOOTSTRAP_TOKEN', "presets an administrator's API token, for automation", 20),
  bootstrapGatewayToken: secret(
    'BOOTSTRAP_GATEWAY_TOKEN',
    'presets the gateway token of the devices, for automation',
    20,
  ),
} as const;

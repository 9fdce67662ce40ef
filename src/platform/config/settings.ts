import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { SETTING_RULES, type SettingRule } from './schema';

type Rules = typeof SETTING_RULES;
type Value<R> = R extends SettingRule<infer T> ? T : never;
type Optional =
  | 'host'
  | 'databaseUrl'
  | 'publicUrl'
  | 'tlsCert'
  | 'tlsKey'
  | 'secretKey'
  | 's3Endpoint'
  | 's3PublicEndpoint'
  | 's3Bucket'
  | 's3AccessKey'
  | 's3SecretKey'
  | 's3Ca'
  | 'bootstrapToken'
  | 'bootstrapGatewayToken';

/** Without these there is no bucket to speak of. */
const NEEDED_FOR_S3 = ['s3Endpoint', 's3Bucket', 's3AccessKey', 's3SecretKey'] as const;

/** What the process was told, checked and frozen. Nothing outside this folder reads `process.env`. */
export type SettingValues = { readonly [K in Exclude<keyof Rules, Optional>]: Value<Rules[K]> } & {
  readonly [K in Optional]?: Value<Rules[K]>;
};

/** Injection token of the {@link SettingValues}. */
export abstract class Settings {}
export interface Settings extends SettingValues {}

/** All that is wrong with the environment, in one error: the operator mends it in one go. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The settings do not hold:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/**
 * Reads `ROOKERY_*` from the environment (secrets also from `…_FILE`).
 * @throws SettingsError naming every bad variable at once.
 */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(SETTING_RULES)) {
    try {
      const text = textOf(rule, environment);
      if (text !== undefined) values[key] = rule.parse(text);
    } catch (error) {
      problems.push(`${rule.variable} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  problems.push(...contradictions(values), ...missing(values, problems));
  if (problems.length > 0) throw new SettingsError(problems);
  values['dataDir'] = resolve(String(values['dataDir']));
  return Object.freeze(values) as Settings;
}

function textOf(rule: SettingRule<unknown>, environment: NodeJS.ProcessEnv): string | undefined {
  const direct = environment[rule.variable];
  if (direct !== undefined && direct !== '') return direct;
  const file = rule.isSecret === true ? environment[`${rule.variable}_FILE`] : undefined;
  if (file === undefined || file === '') return rule.fallback;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Error(`cannot be read from the file that ${rule.variable}_FILE names`);
  }
}

/**
 * Names under our prefix that are no settings: most likely misspelt, so the operator is told at the start. Not refused,
 * since a container platform may put variables of its own there (`ROOKERY_SERVICE_HOST` …).
 */
export function unknownVariables(environment: NodeJS.ProcessEnv = process.env): string[] {
  const known = new Set(
    Object.values(SETTING_RULES).flatMap((rule: SettingRule<unknown>) =>
      rule.isSecret === true ? [rule.variable, `${rule.variable}_FILE`] : [rule.variable],
    ),
  );
  return Object.keys(environment).filter(
    (name) => name.startsWith('ROOKERY_') && !isReserved(name) && !known.has(name),
  );
}

/** Variables of the test and bench tools and of container platforms, which share the prefix. */
function isReserved(name: string): boolean {
  return /^ROOKERY_(TEST_|TIER$|SERVICE_|PORT_\d)/.test(name);
}

/** What `s3` needs and nobody set; what was set wrongly was told already. */
function missing(values: Record<string, unknown>, told: readonly string[]): string[] {
  if (values['storage'] !== 's3') return [];
  return NEEDED_FOR_S3.filter((key) => values[key] === undefined)
    .map((key) => SETTING_RULES[key].variable)
    .filter((variable) => !told.some((problem) => problem.startsWith(`${variable} `)))
    .map((variable) => `${variable} is needed when ROOKERY_STORAGE is s3`);
}

function contradictions(values: Record<string, unknown>): string[] {
  return [...contradictionsOfPolling(values), ...contradictionsOfTls(values)];
}

function contradictionsOfTls({ tlsCert, tlsKey, ...values }: Record<string, unknown>): string[] {
  const isPlain = values['plainHttp'] !== 'off';
  if (tlsCert === undefined && tlsKey === undefined)
    return isPlain ? [] : ['ROOKERY_PLAIN_HTTP is off, so ROOKERY_TLS_CERT and ROOKERY_TLS_KEY are needed'];
  if (tlsKey === undefined) return ['ROOKERY_TLS_CERT needs ROOKERY_TLS_KEY'];
  if (tlsCert === undefined) return ['ROOKERY_TLS_KEY needs ROOKERY_TLS_CERT'];
  const isSame = isPlain && values['port'] === values['tlsPort'] && values['port'] !== 0;
  return isSame ? ['ROOKERY_TLS_PORT is the same as ROOKERY_PORT, where there is no TLS'] : [];
}

function contradictionsOfPolling(values: Record<string, unknown>): string[] {
  return [...shortInterval(values), ...openToAll(values)];
}

/** What lets everybody in must be out of everybody's reach. */
function openToAll({ ddiOpen, host }: Record<string, unknown>): string[] {
  if (ddiOpen !== 'on' || (typeof host === 'string' && isLoopback(host))) return [];
  return ['ROOKERY_DDI_OPEN is "on", so ROOKERY_HOST has to be a loopback address such as 127.0.0.1'];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function shortInterval(values: Record<string, unknown>): string[] {
  const interval = values['pollIntervalMs'];
  const floor = values['pollIntervalMinMs'];
  if (typeof interval === 'number' && typeof floor === 'number' && interval < floor) {
    return ['ROOKERY_POLL_INTERVAL is shorter than ROOKERY_POLL_INTERVAL_MIN'];
  }
  return [];
}

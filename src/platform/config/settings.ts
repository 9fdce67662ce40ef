import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SETTING_RULES, type SettingRule } from './schema';

type Rules = typeof SETTING_RULES;
type Value<R> = R extends SettingRule<infer T> ? T : never;
type Optional =
  | 'host'
  | 'databaseUrl'
  | 'publicUrl'
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
  const interval = values['pollIntervalMs'];
  const floor = values['pollIntervalMinMs'];
  if (typeof interval === 'number' && typeof floor === 'number' && interval < floor) {
    return ['ROOKERY_POLL_INTERVAL is shorter than ROOKERY_POLL_INTERVAL_MIN'];
  }
  return [];
}

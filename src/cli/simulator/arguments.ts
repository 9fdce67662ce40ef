import { parseArgs } from 'node:util';
import { FAULTS, type Fault, type FaultRates } from './fault';
import type { FleetOptions } from './fleet-settings';
import { PROFILES, type ProfileName, type ProfileShares } from './profile-shares';

/** What the command line asks for. */
export interface SimulateWish {
  readonly fleet: FleetOptions;
  /** Of the management API: with it the oracle compares at the end. */
  readonly apiToken: string | undefined;
  /** `undefined`: until every device is done. */
  readonly untilMs: number | undefined;
  readonly json: boolean;
}

/** The command line makes no sense; the message says what would. */
export class UsageError extends Error {}

export const USAGE = `Usage: npm run simulate -- --url http://localhost:8080 --token <gateway token> [options]

  --url <address>          the server (default http://localhost:8080), or its instances with commas between:
                           devices ask them in turn, and the next one when one is down
  --token <token>          the gateway token that the devices use
  --api-token <token>      a management token: at the end the oracle compares with the server's history
  --tenant <key>           default DEFAULT
  --devices <number>       default 100
  --prefix <text>          devices are called <prefix>-00001 ... (default sim)
  --model <text>           what the devices say they are (default simulated)
  --revision <text>        default 1.0
  --version <text>         what they run at first (default 1.0.0)
  --profiles <shares>      swupdate=40,rauc=30,zephyr=10,esp=20
  --faults <per cent>      ${FAULTS.map((fault) => `${fault}=2`).join(',')}
                           or all=2; later words win: all=2,silent=0
  --seed <number>          the same seed gives the same devices the same faults (default 1)
  --poll <duration>        instead of the sleep that the server tells
  --time-scale <number>    devices install and reboot so many times faster (default 1)
  --sockets <number>       connections at most (default 256)
  --until <done|duration>  stop when every device is done (default), or after 90s, 10m ...
  --json                   the summary as JSON on the last line
`;

const OPTIONS = {
  url: { type: 'string', default: 'http://localhost:8080' },
  token: { type: 'string' },
  'api-token': { type: 'string' },
  tenant: { type: 'string' },
  devices: { type: 'string', default: '100' },
  prefix: { type: 'string' },
  model: { type: 'string' },
  revision: { type: 'string' },
  version: { type: 'string' },
  profiles: { type: 'string' },
  faults: { type: 'string' },
  seed: { type: 'string' },
  poll: { type: 'string' },
  'time-scale': { type: 'string' },
  sockets: { type: 'string' },
  until: { type: 'string', default: 'done' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof valuesOf>;

/** `undefined`: only help was asked for. @throws UsageError */
export function parseWish(argv?: string[]): SimulateWish | undefined {
  const values = valuesOf(argv);
  if (values.help) return undefined;
  const gatewayToken = values.token;
  if (gatewayToken === undefined)
    throw new UsageError('--token is missing: the gateway token, which the server prints at its first start');
  return {
    fleet: { ...fleetOf(values), gatewayToken },
    apiToken: values['api-token'],
    untilMs: values.until === 'done' ? undefined : parseDurationMs('until', values.until),
    json: values.json,
  };
}

function valuesOf(
  argv: string[] | undefined,
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ options: OPTIONS, ...(argv === undefined ? {} : { args: argv }) }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function fleetOf(values: Values): Omit<FleetOptions, 'gatewayToken'> {
  const { tenant, prefix, model, revision, version, profiles, faults, poll } = values;
  return {
    ...{ url: values.url.split(',').map(httpUrl), tenant, prefix, model, revision, version },
    devices: whole('devices', values.devices, 1_000_000) ?? 100,
    seed: whole('seed', values.seed, 2 ** 31),
    maxSockets: whole('sockets', values.sockets, 20_000),
    timeScale: scale(values['time-scale']),
    pollMs: poll === undefined ? undefined : parseDurationMs('poll', poll),
    profiles: profiles === undefined ? undefined : parseProfiles(profiles),
    faults: faults === undefined ? undefined : parseFaults(faults),
  };
}

function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Devices with TLS are the business of the real clients' tests.
  if (url?.protocol !== 'http:')
    throw new UsageError(`--url must be an http address such as http://localhost:8080, not ${text}`);
  return text;
}

export function whole(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most)
    throw new UsageError(`--${name} must be a whole number from 1 to ${most}, not ${text}`);
  return number;
}

export function scale(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0 && number <= 10_000))
    throw new UsageError(`--time-scale must be a number above 0, not ${text}`);
  return number;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseDurationMs(name: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) throw new UsageError(`--${name} must be a duration such as 500ms, 30s or 10m, not ${text}`);
  return ms;
}

function parseProfiles(text: string): ProfileShares {
  const shares: Partial<Record<ProfileName, number>> = {};
  for (const [word, share] of pairs('profiles', text)) {
    const name = PROFILES.find((profile) => profile === word);
    if (name === undefined) throw new UsageError(`--profiles knows ${PROFILES.join(', ')}, not ${word}`);
    shares[name] = share;
  }
  if (Object.values(shares).every((share) => share === 0))
    throw new UsageError('--profiles must leave some devices');
  return shares;
}

function parseFaults(text: string): FaultRates {
  const rates: Partial<Record<Fault, number>> = {};
  for (const [word, rate] of pairs('faults', text)) {
    const named = word === 'all' ? FAULTS : FAULTS.filter((fault) => fault === word);
    if (named.length === 0) throw new UsageError(`--faults knows all, ${FAULTS.join(', ')}, not ${word}`);
    if (rate > 100) throw new UsageError(`--faults are per cent: ${word}=${rate} is too much`);
    for (const fault of named) rates[fault] = rate;
  }
  return rates;
}

function pairs(name: string, text: string): [string, number][] {
  return text.split(',').map((pair) => {
    const [word = '', number = ''] = pair.trim().split('=');
    if (!/^\d+(\.\d+)?$/.test(number))
      throw new UsageError(`--${name} must be words with numbers, such as ${word || 'word'}=2, not ${pair}`);
    return [word, Number(number)];
  });
}

import { parseArgs } from 'node:util';

/** How scenarios are run; each has its own defaults for what is left out. */
export interface BenchOptions {
  readonly devices: number | undefined;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number | undefined;
  /** Whether everything runs, and nothing is measured well. */
  readonly isQuick: boolean;
  /** Whether the last results are told what has moved since. */
  readonly compares: boolean;
  /** The folder where results are written; undefined: nowhere. */
  readonly results: string | undefined;
  /** Other builds' `main.js`, to be measured in the same run. */
  readonly against: readonly string[];
  /** Where V8 leaves a CPU profile of the server. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [scenario …] [options]

Without a name all scenarios run.

  --quick           a short form: small fleets, one round of half a second; writes nothing
  --compare         say what moved by more than the noise since the committed results; writes nothing
  --write           write the results all the same
  --json FOLDER     write them there instead of bench/results
  --devices N       size of the fleet
  --seconds N       length of a round (8); raw and pgbench take half of it
  --rounds N        rounds that count, after one that does not (3)
  --connections N   keep-alive connections of the load generator (64 in most scenarios)
  --against FILE    main.js of another build, measured in turns with this one on the same database; repeatable
  --profile FOLDER  leave a V8 CPU profile of the server there (makes it slower)
`;

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean', default: false } as const;

/** @throws TypeError about an option that there is not, Error about one that is no number of its kind. */
export function parseOptions(
  args: readonly string[],
  committed: string,
): { names: string[]; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ quick: FLAG, compare: FLAG, write: FLAG },
      ...{ devices: TEXT, seconds: TEXT, rounds: TEXT, connections: TEXT, json: TEXT, profile: TEXT },
      against: { ...TEXT, multiple: true, default: [] },
    },
  });
  const isQuick = values.quick;
  const keepsCommitted = (isQuick || values.compare) && !values.write;
  const options: BenchOptions = {
    devices: count('devices', values.devices),
    seconds: seconds(values.seconds) ?? (isQuick ? 0.5 : 8),
    rounds: count('rounds', values.rounds) ?? (isQuick ? 1 : 3),
    connections: count('connections', values.connections),
    isQuick,
    compares: values.compare,
    results: values.json ?? (keepsCommitted ? undefined : committed),
    against: values.against,
    profile: values.profile,
  };
  return { names: positionals, options };
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,7}$/.test(text))
    throw new Error(`--${name} must be a whole number above 0, not "${text}"`);
  return Number(text);
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}(\.\d+)?$/.test(text) || Number(text) === 0)
    throw new Error(`--seconds must be a number above 0, not "${text}"`);
  return Number(text);
}
